{#- The context fields of a span (`near`) that takes what it does not say itself from one above it (`far`). -#}
{% macro inherited_context(near, far) -%}
{%- for field in spanmart.context_fields() -%}
        {%- if field == 'prompt_version' -%}
        -- A version means nothing under another prompt's name.
        case
            when {{ near }}.prompt_version is not null then {{ near }}.prompt_version
            when {{ near }}.prompt_name is null or {{ near }}.prompt_name = {{ far }}.prompt_name
                then {{ far }}.prompt_version
        end as prompt_version,
        {%- else -%}
        coalesce({{ near }}.{{ field }}, {{ far }}.{{ field }}) as {{ field }},
        {%- endif %}
        {% endfor %}
{%- endmacro %}
