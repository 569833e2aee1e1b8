{#- Rows (key_set, has_<group>_keys, …) of the distinct sets of attribute keys in the relation `spans`, and of which fields
    each set can tell anything: `groups` is {group: [canonical fields]}. Spans of one producer have one of a few sets of
    keys, so that what a span cannot say need not be looked up on it: a comparison of one hash (spanmart.key_set) takes the
    place of dozens of lookups. -#}
{% macro key_sets(spans, groups) -%}
    select
        {{ spanmart.same_run_hash(['key_list']) }} as key_set,
        {% for group, fields in groups.items() %}
        {{ spanmart.has_any_of('key_list', spanmart.attribute_keys(fields)) }} as has_{{ group }}_keys,
        {% endfor %}
    from (
        select distinct {{ spanmart.map_keys('attributes') }} as key_list
        from {{ spans }}
    )
{%- endmacro %}

{% macro key_set(attributes='attributes') -%}
    {{ spanmart.same_run_hash([spanmart.map_keys(attributes)]) }}
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
