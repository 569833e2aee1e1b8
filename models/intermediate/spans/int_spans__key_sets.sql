-- One row per distinct list of attribute keys of the spans of the touched traces: which of the
-- values are kept, and where among them the keys of each reading stand.
{%- set groups = spanmart.said_groups() %}
{%- set readings = spanmart.readings_of(spanmart.said_fields()) %}
with spans as (

    select * from {{ ref('int_spans__landed') }}

),

touched_traces as (

    select trace_id from {{ ref('int_traces__touched') }}

),

key_lists as {{ spanmart.materialized() }} (

    select
        {{ spanmart.same_run_hash(['key_list']) }} as key_set,
        key_list,
    from (
        select distinct {{ spanmart.map_keys('attributes') }} as key_list
        from spans
        where trace_id in (select touched_traces.trace_id from touched_traces)
    ) as distinct_lists

),

keys_of_lists as (

    select
        key_set,
        unnest(key_list) as attribute_key,
        unnest(range(1, len(key_list) + 1)) as place,
    from key_lists

),

keys_of_readings (reading, reading_group, attribute_key, member, factor, priority) as (

    values
    {% for group, fields in groups.items() %}
    {% for reading in spanmart.readings_of(fields) %}
    {% for key in reading['keys'] %}
    {% set name = key.split('*')[0] %}
    (
        '{{ reading.name }}',
        '{{ group }}',
        '{{ name.split('#')[0] | replace("'", "''") }}',
        {{ spanmart.json_member_path(name.split('#')[1]) if '#' in name else 'null' }},
        {{ key.split('*')[1] if '*' in key else 'null' }},
        {{ loop.index }}
    ),
    {% endfor %}
    {% endfor %}
    {% endfor %}
    (null, null, null, null, null, null)

),

found_keys as {{ spanmart.materialized() }} (

    select
        keys_of_lists.key_set,
        keys_of_lists.place,
        keys_of_readings.* exclude (attribute_key),
    from keys_of_lists
    inner join keys_of_readings on keys_of_lists.attribute_key = keys_of_readings.attribute_key

),

kept_values as (

    select
        key_set,
        array_agg(distinct place order by place) as kept_places,
    from found_keys
    group by key_set

),

places_of_readings as {{ spanmart.materialized() }} (

    select
        found_keys.key_set,
        found_keys.reading,
        found_keys.reading_group,
        any_value(kept_values.kept_places) as kept_places,
        count(*) > 3 or count(found_keys.member) > 0 or count(found_keys.factor) > 0 as is_hard,
        array_agg(
            struct_pack(
                reading := found_keys.reading,
                place := list_position(kept_values.kept_places, found_keys.place),
                member := cast(found_keys.member as varchar),
                factor := cast(found_keys.factor as double)
            ) order by found_keys.priority
        ) as places,
    from found_keys
    inner join kept_values on found_keys.key_set = kept_values.key_set
    group by found_keys.key_set, found_keys.reading, found_keys.reading_group

),

numbered_places as (

    select
        * exclude (is_hard, places),
        case when is_hard then 0 else places[1].place end as place_1,
        case when not is_hard then places[2].place end as place_2,
        case when not is_hard then places[3].place end as place_3,
        case when is_hard then places end as hard_places,
    from places_of_readings

),

key_sets as (

    select
        key_lists.key_set,
        row_number() over (order by key_lists.key_set) as key_set_no,
        any_value(places.kept_places) as kept_places,
        any_value({{ spanmart.usage_namespace('key_lists.key_list') }}) as usage_namespace,
        {% for group in groups %}
        coalesce(bool_or(places.reading_group = '{{ group }}'), false) as has_{{ group }},
        {% endfor %}
        {% for reading, place in spanmart.places_of(readings) %}
        max(case when places.reading = '{{ reading }}' then places.{{ place }} end)
            as {{ reading }}_{{ place }},
        {% endfor %}
        flatten(
            array_agg(places.hard_places) filter (where places.hard_places is not null)
        ) as hard_readings,
    from key_lists
    left join numbered_places as places on key_lists.key_set = places.key_set
    group by key_lists.key_set

)

select * from key_sets
