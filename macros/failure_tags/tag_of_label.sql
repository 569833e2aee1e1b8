{#- People write "Formatting/parse issue"; the tag is formatting_parse_issue. The same rule in Jinja, for the labels of a
    block, and in SQL, for the labels of events. -#}
{% macro tag_of_label(label) %}
    {% do return(modules.re.sub('[^a-z0-9]+', '_', label | string | lower).strip('_')) %}
{% endmacro %}
{% macro tag_of_label_sql(label) -%}
    trim(regexp_replace(lower({{ label }}), '[^a-z0-9]+', '_', 'g'), '_')
{%- endmacro %}
