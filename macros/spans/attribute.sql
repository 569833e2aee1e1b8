{#- SQL for a canonical field of a span row that has the columns `attributes` and `resource_attributes`: the first known
    value of its keys, the var `attribute_aliases` before the shipped list, cast to the field's type. -#}
{% macro attribute(field, attributes='attributes', resource_attributes='resource_attributes') %}
    {%- set shipped = spanmart.attribute_aliases(field) -%}
    {%- if field not in shipped -%}
        {{ exceptions.raise_compiler_error("No field '" ~ field ~ "' in macros/spans/attribute_aliases.sql") }}
    {%- endif -%}
    {%- set type = shipped[field][0] -%}
    {%- set keys = spanmart.own_attribute_keys(field) + shipped[field][1] -%}
    {{- spanmart.first_attribute({'keys': keys, 'type': type}, attributes, resource_attributes) -}}
{% endmacro %}

{#- The first known value of these keys. -#}
{% macro first_attribute(reading, attributes='attributes', resource_attributes='resource_attributes') %}
    {%- set values = [] -%}
    {%- for key in reading['keys'] -%}
        {%- do values.append(spanmart.attribute_reading(key, reading.type, attributes, resource_attributes)) -%}
    {%- endfor -%}
    {%- if values | length == 1 -%}{{ values[0] }}{%- else -%}coalesce({{ values | join(', ') }}){%- endif -%}
{% endmacro %}

{% macro own_attribute_keys(field) %}
    {%- set own = var('attribute_aliases').get(field, []) -%}
    {% do return([own] if own is string else own) %}
{% endmacro %}

{% macro attribute_reading(key, type, attributes, resource_attributes) %}
    {%- set factor = key.split('*')[1] if '*' in key else none -%}
    {%- set name = key.split('*')[0] -%}
    {%- set map = resource_attributes if name.startswith('resource:') else attributes -%}
    {%- set name = name[9:] if name.startswith('resource:') else name -%}
    {%- set raw = spanmart.map_get(map, name.split('#')[0]) -%}
    {%- if '#' in name -%}{%- set raw = spanmart.json_text(raw, name.split('#')[1]) -%}{%- endif -%}
    {%- if type in ('bigint', 'double') and factor -%}
        {{ spanmart.known_value(raw, type) }} * {{ factor }}
    {%- else -%}
        {{ spanmart.known_value(raw, type) }}
    {%- endif -%}
{% endmacro %}

{#- A value as its field's type, NULL where it is one of the ways to say nothing. -#}
{% macro known_value(text, type) -%}
    {%- if type == 'varchar' -%}
        case when {{ text }} not in ('', 'None', 'null', 'undefined') then {{ text }} end
    {%- elif type in ('bigint', 'double') -%}
        {{ spanmart.known_number(text, type) }}
    {%- else -%}
        try_cast({{ text }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{#- Counts, sizes, durations and scores of the alias list are never negative: -1 and Infinity are ways to say "not set".
    A count is read once and without a condition: behind a `case` an engine looks the attribute up again for each mention
    (measured on DuckDB: four times the time of a whole model). -#}
{% macro known_number(text, type) -%}
    {%- if type == 'bigint' -%}
    nullif(greatest(try_cast({{ text }} as bigint), -1), -1)
    {%- else -%}
    case
        when try_cast({{ text }} as {{ type }}) >= 0 and isfinite(try_cast({{ text }} as {{ type }}))
            then try_cast({{ text }} as {{ type }})
    end
    {%- endif -%}
{%- endmacro %}
