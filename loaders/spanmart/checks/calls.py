"""Model calls: whether their model has a price and whether they say what they used.

Coarser than the models, which know the tree and the provider: a call counts here by what it says of
itself, and its model is known when any provider's list has it. Names are looked up once each.
"""

from __future__ import annotations

from pathlib import Path

from spanmart.checks.prices import known_models
from spanmart.checks.tables import Counts, Tables, text

# The names that macros/spans/attribute_aliases.sql gives these fields, and the values that
# macros/spans/span_types.sql takes for a model call; a repository test compares them.
SPAN_TYPE = (
    *("spanmart.span.type", "spanmart.derived.span_type", "langfuse.observation.type"),
    *("openinference.span.kind", "gen_ai.operation.name", "traceloop.span.kind"),
    *("llm.request.type", "ai.operationId", "mlflow.spanType", "langsmith.span.kind"),
    *("genkit:metadata:subtype", "sentry.op"),
)
MODEL_TYPES = (
    *("chat", "llm", "text_completion", "completion", "generate_content", "generate"),
    *("generation", "responses", "llm_generate", "model", "chat_model"),
    *("ai.generatetext.dogenerate", "ai.streamtext.dostream"),
    *("ai.generateobject.dogenerate", "ai.streamobject.dostream", "gen_ai.chat"),
    *("gen_ai.generate_content", "gen_ai.responses", "gen_ai.text_completion"),
)
MODEL_USED = (
    *("gen_ai.response.model", "llm.response.model_name", "llm.model_name"),
    *("embedding.model_name", "reranker.model_name", "ai.response.model"),
    *("langfuse.observation.model.name", "decision.response.model_name"),
    *("decision.model_name",),
)
MODEL_REQUESTED = (
    *("gen_ai.request.model", "llm.request.model_name", "llm.request.model"),
    *("llm.invocation_parameters#model", "llm.model_name", "embedding.model_name"),
    *("reranker.model_name", "ai.model.id", "langfuse.observation.model.name"),
    *("mlflow.llm.model", "langsmith.metadata.ls_model_name"),
    *("decision.request.model_name", "decision.model_name", "llm.None.model"),
    *("ai.model_id", "model"),
)
USAGE = (
    *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    *("llm.usage.prompt_tokens", "ai.usage.inputTokens", "ai.usage.promptTokens"),
    *("decision.token_count.input", "ai.prompt_tokens.used", "input_tokens"),
    *("spanmart.derived.usage.input_tokens", "gen_ai.usage.output_tokens"),
    *("gen_ai.usage.completion_tokens", "llm.token_count.completion"),
    *("llm.usage.completion_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens"),
    *("decision.token_count.output", "ai.completion_tokens.used", "output_tokens"),
    *("spanmart.derived.usage.output_tokens",),
)

# Looking a name up takes some 5 ms. Whoever puts a random part into every model's name has more
# than these, and the rest of them is unknown whatever it is.
_MOST_NAMES = 2_000


def count_calls(tables: Tables, project: Path | None) -> Counts:
    found = tables.connection.execute(
        f"""
        with calls as (
            select attributes, status_code from new_spans
            where lower({_first(SPAN_TYPE)}) in ({", ".join(map(text, MODEL_TYPES))})
        )
        select
            coalesce({_first(MODEL_USED)}, {_first(MODEL_REQUESTED)}) as model,
            count(*),
            count(*) filter (where status_code is distinct from 'error'),
            count(*) filter (
                where status_code is distinct from 'error' and {_first(USAGE)} is null
            )
        from calls
        group by model
        order by count(*) desc
        """
    ).fetchall()
    is_known = known_models(project)
    calls = sum(row[1] for row in found)
    known = sum(row[1] for row in found[:_MOST_NAMES] if row[0] is not None and is_known(row[0]))
    return {
        "spans.models_priced": (calls - known, calls),
        "spans.usage_reported": (sum(row[3] for row in found), sum(row[2] for row in found)),
    }


def _first(keys: tuple[str, ...]) -> str:
    return "coalesce(" + ", ".join(map(_reading, keys)) + ")"


def _reading(key: str) -> str:
    name, _, member = key.partition("#")
    value = f"attributes[{text(name)}]"
    if member:
        value = f"case when json_valid({value}) then json_extract_string({value}, '$.{member}') end"
    return f"nullif(nullif(nullif(nullif({value}, ''), 'None'), 'null'), 'undefined')"
