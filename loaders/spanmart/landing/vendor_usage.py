"""Token counts and costs that dialects keep inside one JSON object, as attributes of their own.

An object is searched for its numbers, whatever stands around them: JSON, JSON inside a JSON string
(Langfuse, MLflow) and a Python repr (LiteLLM's usage_object) read alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from spanmart.records import Index, KeyValues

PREFIX = "spanmart.derived.usage."
COST = "spanmart.derived.provided_cost_usd"

# Objects that hold a call's whole usage, and the member behind which it stands.
_WHOLE = {
    "langfuse.observation.usage_details": None,
    "langfuse.observation.usage": None,
    "mlflow.chat.tokenUsage": None,
    "langsmith.usage_metadata": None,
    "lk.llm_metrics": None,
    "genkit:output": "usage",
}
# Objects that only tell parts, where the totals stand in attributes: totals in them may be of
# another convention, or of another call.
_PARTS = {
    "gen_ai.usage.input_token_details": None,
    "gen_ai.usage.output_token_details": None,
    "ai.response.providerMetadata": None,
    "metadata.usage_object": None,
    "gcp.vertex.agent.llm_response": "usage_?[mM]etadata",
    "mlflow.spanOutputs": "usage",
}
_LANGFUSE = "langfuse.observation.usage"
# Vercel AI SDK: one count, on the embedding call and on the step around it, which is no embedding.
_EMBEDDED = "ai.usage.tokens"
_OPERATION = "ai.operationId"
_OUTER = ("ai.embed", "ai.embedMany")
_COSTS = ("langfuse.observation.cost_details", "mlflow.llm.cost")
_TOTAL_COSTS = ("total", "totalcost")

_TOTALS = ("input", "output", "total")
# Names of members without their case and underscores. All names of a line mean the same number.
_NAMES = {
    "input": "input inputtokens inputtokencount prompttokens prompt prompttokencount",
    "output": "output outputtokens outputtokencount completiontokens completion "
    "candidatestokencount",
    "total": "total totaltokens totaltokencount",
    "cache_read": "cachedtokens cacheread cachereadtokens cachereadinputtokens cachedinputtokens "
    "cachedprompttokens promptcachedtokens promptcachehittokens cachedcontenttokencount "
    "inputcached inputcachedtokens inputcacheread inputcachereadtokens",
    "cache_write": "cachecreation cachewrite cachecreationtokens cachewritetokens "
    "cachecreationinputtokens cachewriteinputtokens inputcachecreation inputcachewrite "
    "inputcachecreationtokens inputcachewritetokens",
    "cache_write_5m": "ephemeral5minputtokens inputcachecreation5m cachecreationinputtokens5m",
    "cache_write_1h": "ephemeral1hinputtokens inputcachecreation1h cachecreationinputtokens1h "
    "cachecreationinputtokensabove1hr",
    "reasoning": "reasoning reasoningtokens outputreasoning outputreasoningtokens "
    "thoughtstokencount",
    "input_audio": "inputaudio inputaudiotokens",
    "output_audio": "outputaudio outputaudiotokens",
}
_BUCKETS = {name: bucket for bucket, names in _NAMES.items() for name in names.split()}
# What becomes of a bucket.
_ATTRIBUTES = {
    "input": "input_tokens",
    "output": "output_tokens",
    "total": "total_tokens",
    "cache_read": "cache_read.input_tokens",
    "cache_write": "cache_write.input_tokens",
    "cache_write_5m": "cache_write_5m.input_tokens",
    "cache_write_1h": "cache_write_1h.input_tokens",
    "reasoning": "reasoning.output_tokens",
    "input_audio": "audio.input_tokens",
    "output_audio": "audio.output_tokens",
}
_NUMBER = (
    r"""["']([A-Za-z0-9_.-]+)\\*["']\s*:\s*\\*["']?(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)\b"""
)


@dataclass(frozen=True)
class Found:
    """Derived attributes, one row each; owners in no order."""

    owner: Index
    key: list[str]
    value: list[str]


def found_usage(pairs: KeyValues, values: pl.Series) -> list[Found]:
    """The usage and cost of owners that keep them in objects."""
    names = pairs.names.different
    known = (*_WHOLE, *_PARTS, *_COSTS)
    found = [_embedded(pairs, values)] if _EMBEDDED in names else []
    if present := [name for name in names if name in known]:
        numbers = _numbers(pairs, values, present)
        found += [*_usage(numbers), *_costs(numbers)]
    return found


def _embedded(pairs: KeyValues, values: pl.Series) -> Found:
    rows = np.flatnonzero(pairs.names.where(_OPERATION.__eq__))
    outer = pairs.owner[rows[values.gather(rows).is_in(list(_OUTER)).fill_null(False).to_numpy()]]
    rows = np.flatnonzero(pairs.names.where(_EMBEDDED.__eq__))
    rows = rows[~np.isin(pairs.owner[rows], outer)]
    rows = rows[values.gather(rows).str.contains("^[0-9]+$").fill_null(False).to_numpy()]
    key = PREFIX + _ATTRIBUTES["input"]
    return Found(pairs.owner[rows], [key] * len(rows), values.gather(rows).to_list())


def _numbers(pairs: KeyValues, values: pl.Series, present: list[str]) -> pl.DataFrame:
    """(owner, key, member, number), the members' names without case and underscores."""
    frames = []
    for key in present:
        rows = np.flatnonzero(pairs.names.where(key.__eq__))
        texts = values.gather(rows)
        if behind := (_WHOLE | _PARTS).get(key):
            texts = texts.str.extract(rf"(?s)(\b{behind}\\*[\"'].*)$")
        frames.append(
            pl.DataFrame({"owner": pairs.owner[rows], "text": texts.str.extract_all(_NUMBER)})
            .with_columns(key=pl.lit(key))
            .explode("text")
            .drop_nulls()
        )
    found = pl.concat(frames)
    return found.select(
        "owner",
        "key",
        member=pl.col("text")
        .str.extract(_NUMBER, 1)
        .str.to_lowercase()
        .str.replace_all("[_.-]", ""),
        number=pl.col("text").str.extract(_NUMBER, 2),
    )


def _usage(numbers: pl.DataFrame) -> list[Found]:
    counts = numbers.filter(~pl.col("key").is_in(_COSTS)).with_columns(
        count=pl.col("number").cast(pl.Float64, strict=False).cast(pl.Int64, strict=False),
        bucket=pl.col("member").replace_strict(_BUCKETS, default=None, return_dtype=pl.String),
        is_part=pl.col("key").is_in(list(_PARTS)),
        is_langfuse=pl.col("key").str.starts_with(_LANGFUSE),
    )
    counts = counts.filter(
        (pl.col("count") >= 0) & ~(pl.col("is_part") & pl.col("bucket").is_in(_TOTALS))
    )
    if len(counts) == 0:
        return []
    # Several names of one count repeat it: the largest is the one that is known.
    wide = counts.group_by("owner").agg(
        *(
            pl.col("count").filter(pl.col("bucket") == bucket).max().alias(bucket)
            for bucket in _ATTRIBUTES
        ),
        is_langfuse=pl.col("is_langfuse").any(),
        is_openai=(pl.col("member") == "prompttokens").any(),
        **{
            f"other_{side}": pl.col("count")
            .filter(
                pl.col("bucket").is_null()
                & pl.col("is_langfuse")
                & pl.col("member").str.starts_with(side)
            )
            .sum()
            for side in ("input", "output")
        },
    )
    wide = _inclusive(wide)
    return [
        Found(
            some["owner"].to_numpy(),
            [PREFIX + name] * len(some),
            some[bucket].cast(pl.String).to_list(),
        )
        for bucket, name in _ATTRIBUTES.items()
        if len(some := wide.select("owner", bucket).drop_nulls())
    ]


def _inclusive(wide: pl.DataFrame) -> pl.DataFrame:
    """Langfuse's buckets are disjoint, unless the total shows the provider's own object: then a
    part is inside its whole already. Elsewhere the models judge (int_calls__token_buckets)."""
    part = {name: pl.col(name).fill_null(0) for name in _ATTRIBUTES}
    apart = part["cache_read"] + pl.max_horizontal(
        part["cache_write"], part["cache_write_5m"] + part["cache_write_1h"]
    )
    whole_input = part["input"] + apart + part["input_audio"] + pl.col("other_input")
    whole_output = (
        part["output"] + part["reasoning"] + part["output_audio"] + pl.col("other_output")
    )
    is_disjoint = (
        pl.col("is_langfuse")
        & ~pl.col("is_openai")
        & (pl.col("total").is_null() | (pl.col("total") != part["input"] + part["output"]))
    )
    knows_output = pl.any_horizontal(
        pl.col("output").is_not_null(), pl.col("reasoning").is_not_null(), whole_output > 0
    )
    return wide.with_columns(
        input=pl.when(is_disjoint).then(whole_input).otherwise("input"),
        output=pl.when(is_disjoint & knows_output).then(whole_output).otherwise("output"),
        total=pl.when(is_disjoint).then(whole_input + whole_output).otherwise("total"),
    )


def _costs(numbers: pl.DataFrame) -> list[Found]:
    """The total, or the sum of what it was told by part. All zeros: nobody knew a price."""
    costs = numbers.filter(pl.col("key").is_in(_COSTS)).with_columns(
        cost=pl.col("number").cast(pl.Float64, strict=False),
        is_total=pl.col("member").is_in(_TOTAL_COSTS),
    )
    if len(costs) == 0:
        return []
    by_owner = (
        costs.group_by("owner")
        .agg(
            total=pl.col("cost").filter("is_total").max(),
            parts=pl.col("cost").filter(~pl.col("is_total")).sum(),
        )
        .with_columns(cost=pl.when(pl.col("total") > 0).then("total").otherwise("parts"))
        .filter(pl.col("cost") > 0)
    )
    texts = [f"{cost:.12f}" for cost in by_owner["cost"].to_list()]
    return [Found(by_owner["owner"].to_numpy(), [COST] * len(texts), texts)]


def as_pairs(found: list[Found]) -> KeyValues:
    """In the order of the owners."""
    owner = np.concatenate([each.owner for each in found]).astype(np.int64)
    order = np.argsort(owner, kind="stable")
    keys = pa.array([key for each in found for key in each.key], pa.string())
    values = pa.array([value for each in found for value in each.value], pa.string())
    return KeyValues(owner[order], keys.take(pa.array(order)), values.take(pa.array(order)))
