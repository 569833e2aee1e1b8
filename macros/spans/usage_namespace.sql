{#- The family of names under which a span reports its usage; each family has a convention of its own for what the input
    count holds (int_calls__token_buckets). -#}
{% macro usage_namespace(attributes='attributes') -%}
    case
        when coalesce(
            {{ spanmart.map_get(attributes, 'gen_ai.usage.input_tokens') }},
            {{ spanmart.map_get(attributes, 'gen_ai.usage.prompt_tokens') }}
        ) is not null then 'gen_ai'
        when {{ spanmart.map_get(attributes, 'llm.token_count.prompt') }} is not null then 'openinference'
        when {{ spanmart.map_get(attributes, 'llm.usage.prompt_tokens') }} is not null then 'openllmetry'
    end
{%- endmacro %}
