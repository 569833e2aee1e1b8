{#- A model name with its compact date spelled with dashes: gpt-5.2-20251211 -> gpt-5.2-2025-12-11. Gateways write the
    first, price lists the second. What is no date of a calendar stays as it is. -#}
{% macro dashed_date(model_name) -%}
    {%- set found = "regexp_extract(" ~ model_name ~ ", '-(20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))(-|:|$)', 1)" -%}
    case
        when try_strptime({{ found }}, '%Y%m%d') is not null
            then regexp_replace(
                {{ model_name }},
                '-(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(-|:|$)',
                '-\1-\2-\3\4'
            )
        else {{ model_name }}
    end
{%- endmacro %}
