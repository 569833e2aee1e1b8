"""What only the text of an answer tells: why the model stopped, and which tools it asked for.

Looked for by pattern, not parsed: answers come as JSON, as JSON in a JSON string, and cut off.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from spanmart.records import Index, Mask

# Attributes that hold what a model answered, as the provider or the dialect wrote it.
ANSWERS = (
    *("output.value", "gen_ai.completion", "traceloop.entity.output", "llm.openai.response"),
    *("mlflow.spanOutputs", "langfuse.observation.output", "gcp.vertex.agent.llm_response"),
    *("genkit:output", "ai.response.toolCalls", "ai.response.text"),
)

_NAME = r"\\*[\"'](?:finish_?[rR]eason|stop_?[rR]eason)\\*[\"']\s*:\s*"
# One a choice. Whole or not at all: the beginning of something longer is no fact, and may be half a
# secret.
_REASON = _NAME + r"(?:\[\s*)?\\*[\"'](?:FinishReason\.)?(\w[\w.-]*)\\*[\"']"
# OpenAI's Responses: {"incomplete_details": {"reason": "max_output_tokens"}}
_INCOMPLETE = (
    r"\\*\"incomplete_details\\*\"\s*:\s*\{\s*\\*\"reason\\*\"\s*:\s*\\*\"(\w[\w.-]*)\\*\""
)
_REASON_HINTS = ("finish_reason", "finishReason", "stop_reason", "stopReason", "incomplete_details")

# One call each. A framework repeats a provider's calls in its own shape: the largest count of one
# shape is the number, not the sum.
_TYPE = r"\\*[\"']type\\*[\"']\s*:\s*\\*[\"']"
_CALL_SHAPES = (
    _TYPE + r"(?:server_)?tool_call\\*[\"']",  # OpenTelemetry, LangChain
    _TYPE + r"function\\*[\"']",  # OpenAI Chat
    _TYPE + r"function_call\\*[\"']",  # OpenAI Responses
    _TYPE + r"(?:server_)?tool_use\\*[\"']",  # Anthropic
    r"\\*[\"'](?:function_call|functionCall)\\*[\"']\s*:\s*\{",  # Gemini
    r"\\*[\"'](?:toolUse|toolRequest)\\*[\"']\s*:\s*\{",  # Bedrock, Genkit
    r"\\*[\"']toolCallId\\*[\"']\s*:",  # Vercel AI SDK
)
_CALL_HINTS = ("tool_", "function", "toolCallId", "toolUse", "toolRequest")
_NO_CALLS = r"\\*[\"']tool_calls\\*[\"']\s*:\s*(?:null|None|\[\s*\])"
# What an answer that could hold calls looks like; a bare text may be all that its producer kept.
_STRUCTURE_HINTS = ('role"', 'choices"', 'content"', 'parts"')


def stop_reasons(texts: pl.Series) -> tuple[Mask, pl.Series]:
    """The texts that give reasons, and for each of those its reasons as a JSON array."""
    rows = np.flatnonzero(holding(texts, _REASON_HINTS))
    chosen = texts.gather(rows)
    reasons = (
        chosen.str.extract_all(_REASON)
        .list.eval(pl.element().str.extract(_REASON))
        .list.concat(
            chosen.str.extract_all(_INCOMPLETE).list.eval(pl.element().str.extract(_INCOMPLETE))
        )
    )
    has = (reasons.list.len() > 0).fill_null(False)
    gives = np.zeros(len(texts), dtype=bool)
    gives[rows[has.to_numpy()]] = True
    return gives, '["' + reasons.filter(has).list.join('","') + '"]'


def tool_calls(texts: pl.Series) -> Index:
    """How many tools each answer asks for; -1 where it is no answer that could say so."""
    calls = np.full(len(texts), -1, dtype=np.int64)
    is_hinted = holding(texts, _CALL_HINTS)
    calls[holding(texts, _STRUCTURE_HINTS) & ~is_hinted] = 0
    rows = np.flatnonzero(is_hinted)
    if len(rows) == 0:
        return calls
    chosen = texts.gather(rows)
    counts = [chosen.str.count_matches(shape).fill_null(0).to_numpy() for shape in _CALL_SHAPES]
    most = np.max(np.stack(counts), axis=0).astype(np.int64)
    # Words of a call without a shape that is known: nobody knows how many.
    says_none = chosen.str.contains(_NO_CALLS).fill_null(False).to_numpy()
    calls[rows] = np.where((most > 0) | says_none, most, -1)
    return calls


def holding(texts: pl.Series, literals: tuple[str, ...]) -> Mask:
    """The texts that hold one of the literals: found many times as fast as a pattern."""
    if len(texts) == 0:
        return np.zeros(0, dtype=bool)
    found: Mask = texts.str.contains_any(list(literals)).fill_null(False).to_numpy()
    return found
