{#- What the project asks of a warehouse: one macro a meaning, DuckDB as the default. An engine that differs is one more
    file here, which defines <engine>__<name> for its differences only, in the same order. -#}

{% macro map_get(map, key) %}{{ return(adapter.dispatch('map_get', 'spanmart')(map, key)) }}{% endmacro %}
{% macro default__map_get(map, key) -%}
    {{ map }}['{{ key | replace("'", "''") }}']
{%- endmacro %}

{% macro map_keys(map) %}{{ return(adapter.dispatch('map_keys', 'spanmart')(map)) }}{% endmacro %}
{% macro default__map_keys(map) -%}map_keys({{ map }}){%- endmacro %}

{% macro map_values(map) %}{{ return(adapter.dispatch('map_values', 'spanmart')(map)) }}{% endmacro %}
{#- In the order of map_keys. -#}
{% macro default__map_values(map) -%}map_values({{ map }}){%- endmacro %}

{% macro map_text(map) %}{{ return(adapter.dispatch('map_text', 'spanmart')(map)) }}{% endmacro %}
{#- The same text for maps of the same entries in the same order. -#}
{% macro default__map_text(map) -%}coalesce(cast({{ map }} as varchar), ''){%- endmacro %}

{% macro joined_keys(map) %}{{ return(adapter.dispatch('joined_keys', 'spanmart')(map)) }}{% endmacro %}
{#- The keys of a map as one text, as the loaders write them: between two a U+001F, which in a key is a question mark. -#}
{% macro default__joined_keys(map) -%}
    array_to_string(list_transform(map_keys({{ map }}), lambda name: replace(name, chr(31), '?')), chr(31))
{%- endmacro %}

{% macro split_keys(text) %}{{ return(adapter.dispatch('split_keys', 'spanmart')(text)) }}{% endmacro %}
{#- The list of keys that such a text joins. -#}
{% macro default__split_keys(text) -%}string_split({{ text }}, chr(31)){%- endmacro %}

{% macro values_at(list, places) %}{{ return(adapter.dispatch('values_at', 'spanmart')(list, places)) }}{% endmacro %}
{#- The values of a list at these places, in their order; NULL without places. -#}
{% macro default__values_at(list, places) -%}list_select({{ list }}, {{ places }}){%- endmacro %}

{% macro known_texts(list) %}{{ return(adapter.dispatch('known_texts', 'spanmart')(list)) }}{% endmacro %}
{#- The list with NULL for every text that is a way to say nothing (macros/spans/attribute.sql). -#}
{% macro default__known_texts(list) -%}
    list_transform({{ list }}, lambda text: {{ spanmart.known_value('text', 'varchar') }})
{%- endmacro %}

{% macro has_any_of(list, texts) %}{{ return(adapter.dispatch('has_any_of', 'spanmart')(list, texts)) }}{% endmacro %}
{#- Whether a list of texts holds one of these. -#}
{% macro default__has_any_of(list, texts) -%}
    coalesce(list_has_any({{ list }}, [
    {%- for text in texts %}'{{ text | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}]), false)
{%- endmacro %}

{% macro json_text(json, path) %}{{ return(adapter.dispatch('json_text', 'spanmart')(json, path)) }}{% endmacro %}
{#- The text of one member of a JSON object; NULL when the text is no JSON (producers write Python repr, too). -#}
{% macro default__json_text(json, path) -%}
    {{ spanmart.json_text_at(json, spanmart.json_member_path(path)) }}
{%- endmacro %}

{% macro json_member_path(path) %}{{ return(adapter.dispatch('json_member_path', 'spanmart')(path)) }}{% endmacro %}
{#- A path a.b of the alias list as a text of SQL that json_text_at takes. -#}
{% macro default__json_member_path(path) -%}
    '${% for member in path.split('.') %}."{{ member | replace("'", "''") }}"{% endfor %}'
{%- endmacro %}

{% macro json_text_at(json, path) %}{{ return(adapter.dispatch('json_text_at', 'spanmart')(json, path)) }}{% endmacro %}
{% macro default__json_text_at(json, path) -%}
    case when json_valid({{ json }}) then json_extract_string({{ json }}, {{ path }}) end
{%- endmacro %}

{% macro json_texts(json, paths) %}{{ return(adapter.dispatch('json_texts', 'spanmart')(json, paths)) }}{% endmacro %}
{#- The texts of several members of a JSON object, read at once; as many NULLs of what is no JSON. -#}
{% macro default__json_texts(json, paths) -%}
    case
        when json_valid({{ json }})
            then json_extract_string({{ json }}, [
                {%- for path in paths %}{{ spanmart.json_member_path(path) }}{{ ', ' if not loop.last }}{% endfor %}])
        else cast([{% for _ in paths %}null{{ ', ' if not loop.last }}{% endfor %}] as varchar[])
    end
{%- endmacro %}

{% macro text_list(value) %}{{ return(adapter.dispatch('text_list', 'spanmart')(value)) }}{% endmacro %}
{#- A JSON array of scalars, or a comma-separated text, as a list of texts. NULL stays NULL. -#}
{% macro default__text_list(value) -%}
    case
        when {{ value }} is null then null
        when {{ value }} like '[%' and json_valid({{ value }}) then from_json({{ value }}, '["VARCHAR"]')
        else list_transform(string_split({{ value }}, ','), lambda item: trim(item))
    end
{%- endmacro %}

{% macro number_list(value) %}{{ return(adapter.dispatch('number_list', 'spanmart')(value)) }}{% endmacro %}
{% macro default__number_list(value) -%}
    list_transform({{ spanmart.text_list(value) }}, lambda item: try_cast(item as double))
{%- endmacro %}

{% macro nanos_to_timestamp(nanos) %}
    {{- return(adapter.dispatch('nanos_to_timestamp', 'spanmart')(nanos)) -}}
{% endmacro %}
{% macro default__nanos_to_timestamp(nanos) -%}make_timestamp({{ nanos }} // 1000){%- endmacro %}

{% macro local_day(timestamp) %}{{ return(adapter.dispatch('local_day', 'spanmart')(timestamp)) }}{% endmacro %}
{#- The day of a UTC timestamp in the reporting zone; right on the days when clocks change, because the zone's rules
    decide and not an offset. -#}
{% macro default__local_day(timestamp) -%}
    cast(
        ({{ timestamp }} at time zone 'UTC') at time zone '{{ var("reporting_timezone") }}' as date
    )
{%- endmacro %}

{% macro minutes_between(from, to) %}
    {{- return(adapter.dispatch('minutes_between', 'spanmart')(from, to)) -}}
{% endmacro %}
{#- One row a minute, from the one that holds `from` to the one that holds `to`. -#}
{% macro default__minutes_between(from, to) -%}
    unnest(generate_series(date_trunc('minute', {{ from }}), date_trunc('minute', {{ to }}), interval 1 minute))
{%- endmacro %}

{% macro stable_hash(expression) %}{{ return(adapter.dispatch('stable_hash', 'spanmart')(expression)) }}{% endmacro %}
{#- The same text gives the same key on every engine and version; hash() of an engine is no such promise. -#}
{% macro default__stable_hash(expression) -%}md5({{ expression }}){%- endmacro %}

{% macro same_run_hash(columns) %}{{ return(adapter.dispatch('same_run_hash', 'spanmart')(columns)) }}{% endmacro %}
{#- Of the values of several columns, NULLs included, to compare rows within one query; never to be stored. -#}
{% macro default__same_run_hash(columns) -%}hash({{ columns | join(', ') }}){%- endmacro %}

{% macro source_row_number(source) %}
    {{- return(adapter.dispatch('source_row_number', 'spanmart')(source)) -}}
{% endmacro %}
{#- A number that no other row of the source has in the same statement: where its files, each of fewer than 2^32 rows, put
    it. Numbering rows in a query costs a third of reading spans (measured), and this nothing. -#}
{% macro default__source_row_number(source) -%}
    (cast({{ source }}.file_index as bigint) * 4294967296 + {{ source }}.file_row_number)
{%- endmacro %}

{% macro materialized() %}{{ return(adapter.dispatch('materialized', 'spanmart')()) }}{% endmacro %}
{#- After `as` of a CTE that is read more than once and must not be computed more than once. -#}
{% macro default__materialized() %}materialized{% endmacro %}

{% macro inlined() %}{{ return(adapter.dispatch('inlined', 'spanmart')()) }}{% endmacro %}
{#- After `as` of a CTE that is read more than once, each time of few of its columns: kept whole it would cost more than
    read again. Not in a view: DuckDB keeps one without these words (five times the time of a model that read it later). -#}
{% macro default__inlined() %}not materialized{% endmacro %}

{#- As the sources of models/staging have it, and `spanmart land`; a test compares the three. -#}
{% macro landing_directory() %}{% do return(env_var('SPANMART_LANDING', 'landing')) %}{% endmacro %}

{% macro has_landing() %}{{ return(adapter.dispatch('has_landing', 'spanmart')()) }}{% endmacro %}
{#- Whether anything was ever landed where the sources look. An engine whose sources are tables has nothing to ask. -#}
{% macro default__has_landing() %}{% do return(true) %}{% endmacro %}
{% macro duckdb__has_landing() %}
    {%- set ledger = spanmart.landing_directory() ~ '/loads/*/*.parquet' -%}
    {%- set found = run_query("select count(*) from glob('" ~ ledger | replace("'", "''") ~ "')") -%}
    {% do return(found.rows[0][0] > 0) %}
{% endmacro %}
