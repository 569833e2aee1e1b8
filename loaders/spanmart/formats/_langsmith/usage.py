"""What an llm run says of its tokens, from the place that knows best.

1. `outputs.llm_output.token_usage`: LangChain's sum of a call. Usage of its messages comes once a
   choice, so a call for two choices has it twice in what is summed from them.
2. the first message of `outputs.generations`
3. `outputs.usage_metadata`, which LangSmith's own wrappers write; then `extra.metadata`'s
4. `outputs.usage`, the provider's own
5. `prompt_tokens` and `completion_tokens` of the run: the server's count, without parts

Counts are inclusive, but for Anthropic's own `usage`: what it read from and wrote to its cache
stands beside its input, and is added.
"""

from __future__ import annotations

_COUNTS = (
    *("input_tokens", "output_tokens", "total_tokens", "prompt_tokens", "completion_tokens"),
    *("cache_read_input_tokens", "cache_creation_input_tokens"),
)
_PARTS = {
    "input": ("input_token_details", "prompt_tokens_details", "input_tokens_details"),
    "output": ("output_token_details", "completion_tokens_details", "output_tokens_details"),
}
_MEMBERS = (
    *("cache_read", "cache_creation", "cached_tokens", "cache_write_tokens", "audio"),
    *("audio_tokens", "reasoning", "reasoning_tokens"),
    *("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"),
)
_DETAILS = "{" + ", ".join(f'"{each}": "BIGINT"' for each in _MEMBERS) + "}"
SHAPE = (
    "{"
    + ", ".join(
        [
            *(f'"{each}": "BIGINT"' for each in _COUNTS),
            *(f'"{name}": {_DETAILS}' for names in _PARTS.values() for name in names),
        ]
    )
    + "}"
)


def _detail(side: str, *members: str) -> str:
    places = (f"said_usage.{name}.{each}" for name in _PARTS[side] for each in members)
    return f"coalesce({', '.join(places)})"


# described (…, outputs JSON, extra JSON, message JSON) -> counted: the same, and counts as BIGINT.
COUNTED = f"""
with_usage as materialized (
    select
        *,
        json_transform(
            coalesce(
                case
                    when (outputs ->> '$.llm_output.token_usage.prompt_tokens') is not null
                        then outputs -> '$.llm_output.token_usage'
                end,
                message -> '$.usage_metadata',
                outputs -> '$.usage_metadata',
                extra -> '$.metadata.usage_metadata',
                outputs -> '$.usage'
            ),
            '{SHAPE}'
        ) as said_usage
    from described
),

counted as materialized (
    select
        *,
        coalesce(
            said_usage.prompt_tokens,
            said_usage.input_tokens
            + coalesce(said_usage.cache_read_input_tokens, 0)
            + coalesce(said_usage.cache_creation_input_tokens, 0),
            try_cast(prompt_tokens as bigint)
        ) as input_count,
        coalesce(
            said_usage.completion_tokens, said_usage.output_tokens,
            try_cast(completion_tokens as bigint)
        ) as output_count,
        coalesce(said_usage.total_tokens, try_cast(total_tokens as bigint)) as total_count,
        coalesce(
            {_detail("input", "cache_read", "cached_tokens")}, said_usage.cache_read_input_tokens
        ) as cache_read_count,
        coalesce(
            {_detail("input", "cache_creation", "cache_write_tokens")},
            said_usage.cache_creation_input_tokens
        ) as cache_write_count,
        {_detail("input", "ephemeral_5m_input_tokens")} as cache_write_5m_count,
        {_detail("input", "ephemeral_1h_input_tokens")} as cache_write_1h_count,
        {_detail("input", "audio", "audio_tokens")} as input_audio_count,
        {_detail("output", "audio", "audio_tokens")} as output_audio_count,
        {_detail("output", "reasoning", "reasoning_tokens")} as reasoning_count
    from with_usage
)
"""

# Parents show the sum of what is below them: kept beside, so that it is counted once.
ATTRIBUTES = """case
    when is_call then map {
        'gen_ai.usage.input_tokens': cast(input_count as varchar),
        'gen_ai.usage.output_tokens': cast(output_count as varchar),
        'gen_ai.usage.total_tokens': cast(total_count as varchar),
        'gen_ai.usage.cache_read.input_tokens': cast(cache_read_count as varchar),
        'gen_ai.usage.cache_write.input_tokens': cast(cache_write_count as varchar),
        'gen_ai.usage.cache_creation.ephemeral_5m_input_tokens':
            cast(cache_write_5m_count as varchar),
        'gen_ai.usage.cache_creation.ephemeral_1h_input_tokens':
            cast(cache_write_1h_count as varchar),
        'gen_ai.usage.reasoning.output_tokens': cast(reasoning_count as varchar),
        'gen_ai.usage.audio.input_tokens': cast(input_audio_count as varchar),
        'gen_ai.usage.audio.output_tokens': cast(output_audio_count as varchar),
        'gen_ai.usage.cost': total_cost
    }
    else map {
        'langsmith.rollup.prompt_tokens': prompt_tokens,
        'langsmith.rollup.completion_tokens': completion_tokens,
        'langsmith.rollup.total_tokens': total_tokens,
        'langsmith.rollup.total_cost': total_cost
    }
end"""
