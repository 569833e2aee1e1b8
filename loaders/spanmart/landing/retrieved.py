"""The documents that a retrieval returned, where only its output lists them: ids and scores, no
text."""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

from spanmart.records import Index, KeyValues, Mask

DOCUMENTS = "spanmart.derived.documents"

# Which spans are retrievals, by what their dialect calls them.
_KINDS = (
    *("langfuse.observation.type", "mlflow.spanType", "langsmith.span.kind"),
    *("openinference.span.kind", "traceloop.span.kind", "genkit:metadata:subtype"),
    *("gen_ai.operation.name", "spanmart.span.type"),
)
_RETRIEVALS = ("retriever", "retrieval")
_OUTPUTS = (
    *("langfuse.observation.output", "mlflow.spanOutputs", "gen_ai.completion"),
    *("output.value", "traceloop.entity.output", "genkit:output"),
)
# Retrievals that list their documents in attributes.
_LISTED = ("gen_ai.retrieval.documents", "spanmart.documents.ids", "retrieval.documents.0.")
# An array of documents, alone or under a name; a document as LangChain, LlamaIndex, Haystack and
# applications write it, or as a pair [document, score].
_QUERY = """
    with outputs as (
        select owner, try_cast(output as json) as output from found where json_valid(output)
    ),
    lists as (
        select owner, coalesce(
            case when json_type(output) = 'ARRAY' then output end,
            output -> '$.documents', output -> '$.outputs', output -> '$.output',
            output -> '$.results', output -> '$.matches', output -> '$.nodes'
        ) as list
        from outputs
    ),
    entries as (
        select
            owner,
            generate_subscripts(json_extract(list, '$[*]'), 1) as rank,
            unnest(json_extract(list, '$[*]')) as entry
        from lists
        where json_type(list) = 'ARRAY'
    ),
    documents as (
        select
            owner,
            rank,
            case
                when json_type(entry) = 'ARRAY' then entry -> 0
                else coalesce(entry -> '$.node', entry -> '$.document', entry)
            end as document,
            coalesce(
                entry ->> '$.score', entry ->> '$.metadata.score',
                entry ->> '$.metadata.relevance_score',
                case when json_type(entry) = 'ARRAY' then entry ->> 1 end
            ) as score
        from entries
    ),
    identified as (
        select
            owner,
            rank,
            score,
            coalesce(
                document ->> '$.document_id', document ->> '$.doc_id',
                document ->> '$.metadata.document_id', document ->> '$.metadata.doc_id',
                document ->> '$.id', document ->> '$.metadata.id', document ->> '$.id_',
                document ->> '$.metadata.source'
            ) as id,
            coalesce(document ->> '$.chunk_id', document ->> '$.metadata.chunk_id') as chunk_id
        from documents
    )
    select
        owner,
        cast(to_json(list(
            {'id': id, 'chunk_id': chunk_id, 'score': try_cast(score as double)} order by rank
        )) as varchar) as documents
    from identified
    where id is not null
    group by owner
    order by owner
"""


def documents(pairs: KeyValues, values: pl.Series, owners: int) -> KeyValues | None:
    """One JSON array for each retrieval that lists its documents nowhere else."""
    is_retrieval = _owners(pairs, values, _KINDS, owners)
    if not is_retrieval.any():
        return None
    listed = pairs.names.where(lambda name: name.startswith(_LISTED))
    is_retrieval[pairs.owner[listed]] = False
    rows = np.flatnonzero(pairs.names.where(_OUTPUTS.__contains__))
    rows = rows[is_retrieval[pairs.owner[rows]]]
    if len(rows) == 0:
        return None
    with duckdb.connect() as connection:
        connection.register(
            "found",
            pa.table({"owner": pairs.owner[rows], "output": values.gather(rows).to_arrow()}),
        )
        table: pa.Table = connection.sql(_QUERY).to_arrow_table()
    owner = table.column("owner").to_numpy()
    texts = table.column("documents").combine_chunks().cast(pa.string())
    return KeyValues(owner, pa.array([DOCUMENTS] * len(owner), pa.string()), texts)


def _owners(pairs: KeyValues, values: pl.Series, keys: tuple[str, ...], owners: int) -> Mask:
    rows: Index = np.flatnonzero(pairs.names.where(keys.__contains__))
    kinds = values.gather(rows).str.to_lowercase().str.strip_chars('"')
    found = np.zeros(owners, dtype=bool)
    found[pairs.owner[rows[kinds.is_in(list(_RETRIEVALS)).fill_null(False).to_numpy()]]] = True
    return found
