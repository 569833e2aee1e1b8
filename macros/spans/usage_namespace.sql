{#- The family of names under which a span reports its usage, of the list of its attribute keys; each family has a convention
    of its own for what the input count holds (int_calls__token_buckets). -#}
{% macro usage_namespace(key_list) -%}
    case
        when {{ spanmart.has_any_of(key_list, ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens']) }} then 'gen_ai'
        when {{ spanmart.has_any_of(key_list, ['llm.token_count.prompt']) }} then 'openinference'
        when {{ spanmart.has_any_of(key_list, ['llm.usage.prompt_tokens']) }} then 'openllmetry'
    end
{%- endmacro %}
