"""Langfuse's usage buckets as token counts in OpenTelemetry's convention.

The names of buckets are free text. Met are

    input, output, total                       and OpenAI's own prompt_tokens, completion_tokens, …
    input_cached_tokens, input_cache_read,     buckets beside `input` and `output`: Langfuse's
    input_cache_creation, input_audio_tokens,  integrations take them out of it
    output_reasoning, output_reasoning_tokens
    prompt_details.cache_read,                 parts of `input` and `output`: passed on from
    completion_details.reasoning               OpenTelemetry, or OpenAI's prompt_tokens_details

and where `total` adds up in one way only, that decides: of the public trace exports, one has 6 in,
2055 out, 1104 reasoning and 2061 in all. Counts are made inclusive: `input` holds what was read
from and written to the cache, `output` the reasoning.
"""

from __future__ import annotations

# Wholes, whose names begin like those of parts.
_WHOLE = "^(input|output|prompt|completion)_tokens$"


def _parts(side: str, holding: str = "", but: str = "^$") -> str:
    """SQL: the sum of a side's buckets whose names hold this; NULL if there is none."""
    names = {"input": "^(input|prompt|cache)[_.]", "output": "^(output|completion)[_.]"}[side]
    return f"""list_sum(list_transform(
            list_filter(
                buckets,
                lambda each: regexp_matches(each.key, '{names}')
                and not regexp_matches(each.key, '{_WHOLE}')
                and regexp_matches(each.key, '{holding}')
                and not regexp_matches(each.key, '{but}')
            ),
            lambda each: each.tokens
        ))"""


def _whole(names: str) -> str:
    return f"""list_max(list_transform(
            list_filter(buckets, lambda each: regexp_full_match(each.key, '{names}')),
            lambda each: each.tokens
        ))"""


_WRITTEN = "creation|write"

# described (…, usage_details JSON) -> counted: the same, and counts of tokens as BIGINT.
COUNTED = f"""
bucketed as materialized (
    select
        *,
        list_filter(
            list_transform(
                list_concat(
                    map_entries(texts_of(usage_details)),
                    map_entries(prefixed('prompt_details.', map_concat(
                        texts_of(usage_details -> '$.prompt_tokens_details'),
                        texts_of(usage_details -> '$.input_tokens_details')
                    ))),
                    map_entries(prefixed('completion_details.', map_concat(
                        texts_of(usage_details -> '$.completion_tokens_details'),
                        texts_of(usage_details -> '$.output_tokens_details')
                    )))
                ),
                lambda each: {{'key': each.key, 'tokens': try_cast(each.value as bigint)}}
            ),
            lambda each: each.tokens is not null
        ) as buckets
    from described
),

summed as materialized (
    select
        *,
        {_whole("input|prompt|(input|prompt)(_t|T)okens")} as said_input,
        {_whole("output|completion|(output|completion)(_t|T)okens")} as said_output,
        {_whole("total|total(_t|T)okens")} as said_total,
        coalesce({_parts("input")}, 0) as input_parts,
        coalesce({_parts("output")}, 0) as output_parts,
        coalesce(said_input, 0) + coalesce(said_output, 0) as alone,
        len(list_filter(buckets, lambda each: contains(each.key, '_details.'))) > 0 as has_details
    from bucketed
),

judged as (
    select
        *,
        case
            when said_total = alone then false
            when said_total = alone + input_parts + output_parts then true
            when said_total = alone + input_parts then true
            when said_total = alone + output_parts then false
            else not has_details
        end as is_input_apart,
        case
            when said_total = alone then false
            when said_total = alone + input_parts + output_parts then true
            when said_total = alone + input_parts then false
            when said_total = alone + output_parts then true
            else not has_details
        end as is_output_apart
    from summed
),

counted as materialized (
    select
        *,
        said_input + case when is_input_apart then input_parts else 0 end as input_tokens,
        said_output + case when is_output_apart then output_parts else 0 end as output_tokens,
        {_parts("input", "cache", but=_WRITTEN)} as cache_read_tokens,
        {_parts("input", _WRITTEN)} as cache_write_tokens,
        {_parts("input", "creation.*5m")} as cache_write_5m_tokens,
        {_parts("input", "creation.*1h")} as cache_write_1h_tokens,
        {_parts("input", "audio")} as input_audio_tokens,
        {_parts("output", "audio")} as output_audio_tokens,
        {_parts("output", "reasoning")} as reasoning_tokens
    from judged
)
"""

ATTRIBUTES = """map {
    'gen_ai.usage.input_tokens': cast(input_tokens as varchar),
    'gen_ai.usage.output_tokens': cast(output_tokens as varchar),
    -- Its sum where it is not said, so that it is clear what the counts hold.
    'gen_ai.usage.total_tokens': cast(
        coalesce(said_total, input_tokens + output_tokens) as varchar
    ),
    'gen_ai.usage.cache_read.input_tokens': cast(cache_read_tokens as varchar),
    'gen_ai.usage.cache_write.input_tokens': cast(cache_write_tokens as varchar),
    'gen_ai.usage.cache_creation.ephemeral_5m_input_tokens':
        cast(cache_write_5m_tokens as varchar),
    'gen_ai.usage.cache_creation.ephemeral_1h_input_tokens':
        cast(cache_write_1h_tokens as varchar),
    'gen_ai.usage.reasoning.output_tokens': cast(reasoning_tokens as varchar),
    'gen_ai.usage.audio.input_tokens': cast(input_audio_tokens as varchar),
    'gen_ai.usage.audio.output_tokens': cast(output_audio_tokens as varchar)
}"""
