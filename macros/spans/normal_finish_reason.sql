{#- One spelling for MAX_TOKENS, max-tokens, FinishReason.MAX_TOKENS and FINISH_REASON_MAX_TOKENS. -#}
{% macro normal_finish_reason(reason) -%}
    regexp_replace(
        replace(replace(lower(trim({{ reason }}, '" ')), '-', '_'), 'finishreason.', ''), '^finish_reason_', ''
    )
{%- endmacro %}
