{#- The list of a span's attribute keys as one number of this run: spans of one producer share a few lists
    (int_spans__key_sets). Landed as one text, which a file holds once a list. -#}
{% macro key_set() -%}
    {{ spanmart.same_run_hash(['attribute_keys']) }}
{%- endmacro %}

{#- The same of a map of attributes whose keys are not at hand as a text. -#}
{% macro key_set_of(attributes) -%}
    {{ spanmart.same_run_hash([spanmart.map_keys(attributes)]) }}
{%- endmacro %}

{#- Who sent a span, as one number of this run (int_spans__producers). -#}
{% macro producer_key() -%}
    {{ spanmart.same_run_hash(['resource_hash', 'scope_name', 'scope_version', 'source', 'source_format']) }}
{%- endmacro %}

{#- Every attribute key that may hold one of these fields; keys of a resource are not among them. -#}
{% macro attribute_keys(fields) %}
    {%- set shipped = spanmart.attribute_aliases() -%}
    {%- set keys = [] -%}
    {%- for field in fields -%}
        {%- for key in spanmart.own_attribute_keys(field) + shipped[field][1] if not key.startswith('resource:') -%}
            {%- do keys.append(key.split('*')[0].split('#')[0]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {% do return(keys | unique | list) %}
{% endmacro %}
