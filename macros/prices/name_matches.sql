{#- Whether a lower-case name satisfies one comparison of a price match seed. -#}
{% macro name_matches(name, match_kind, pattern) -%}
    case {{ match_kind }}
        when 'equals' then {{ name }} = {{ pattern }}
        when 'starts_with' then starts_with({{ name }}, {{ pattern }})
        when 'ends_with' then ends_with({{ name }}, {{ pattern }})
        when 'contains' then contains({{ name }}, {{ pattern }})
        when 'regex' then regexp_matches({{ name }}, {{ pattern }})
    end
{%- endmacro %}
