-- One row per distinct list of attribute keys of the spans of the touched traces: which of the
-- values are kept, and where among them the keys of each reading stand.
{%- set groups = spanmart.said_groups() %}
{%- set readings = spanmart.readings_of(spanmart.said_fields()) %}
with spans as (

    select * from {{ ref('int_spans__landed') }}

),

key_lists as {{ spanmart.materialized() }} (

    select
        {{ spanmart.key_set() }} as key_set,
        {{ spanmart.split_keys('any_value(attribute_keys)') }} as key_list,
    from spans
    group by 1

),

keys_of_lists as (

    select
        key_set,
        unnest(key_list) as attribute_key,
        unnest(range(1, len(key_list) + 1)) as place,
    from key_lists

),

keys_of_readings (
    reading, reading_group, attribute_key, source_no, member_no, member_count, factor, priority
) as (

    values
    {% for group, fields in groups.items() %}
    {% set sources = spanmart.json_sources(group) %}
    {% set source_keys = sources | map(attribute=0) | list %}
    {% for reading in spanmart.readings_of(fields) %}
    {% for key in reading['keys'] %}
    {% set name = key.split('*')[0] %}
    (
        '{{ reading.name }}',
        '{{ group }}',
        '{{ name.split('#')[0] | replace("'", "''") }}',
        {% if '#' in name %}
        {% set members = sources[source_keys.index(name.split('#')[0])][1] %}
        {{ source_keys.index(name.split('#')[0]) + 1 }},
        {{ members.index(name.split('#')[1]) + 1 }},
        {{ members | length }},
        {% else %}
        null,
        null,
        null,
        {% endif %}
        {{ key.split('*')[1] if '*' in key else 'null' }},
        {{ loop.index }}
    ),
    {% endfor %}
    {% endfor %}
    {% endfor %}
    (null, null, null, null, null, null, null, null)

),

found_keys as {{ spanmart.materialized() }} (

    select
        keys_of_lists.key_set,
        keys_of_lists.place,
        keys_of_readings.*,
    from keys_of_lists
    inner join keys_of_readings on keys_of_lists.attribute_key = keys_of_readings.attribute_key

),

kept_values as {{ spanmart.materialized() }} (

    select
        key_set,
        array_agg(distinct place order by place) as kept_places,
        -- Of a JSON only its members tell.
        array_agg(distinct place order by place) filter (
            where reading_group = 'step' and source_no is null
        ) as step_places,
        array_agg(distinct place order by place) filter (
            where reading_group = 'context' and source_no is null
        ) as context_places,
    from found_keys
    group by key_set

),

-- The members of a JSON stand behind the kept values and the members of those before it.
found_sources as {{ spanmart.materialized() }} (

    select
        key_set,
        reading_group,
        source_no,
        any_value(place) as place,
        coalesce(
            sum(any_value(member_count)) over (
                partition by key_set, reading_group
                order by source_no
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as members_before,
    from found_keys
    where source_no is not null
    group by key_set, reading_group, source_no

),

placed_keys as (

    select
        found_keys.*,
        case
            when found_keys.source_no is null
                then list_position(kept_values.kept_places, found_keys.place)
            else
                len(kept_values.kept_places) + found_sources.members_before + found_keys.member_no
        end as said_place,
    from found_keys
    inner join kept_values on found_keys.key_set = kept_values.key_set
    left join found_sources
        on
            found_keys.key_set = found_sources.key_set
            and found_keys.reading_group = found_sources.reading_group
            and found_keys.source_no = found_sources.source_no

),

places_of_readings as {{ spanmart.materialized() }} (

    select
        key_set,
        reading,
        reading_group,
        count(*) > 3 or count(factor) > 0 as is_hard,
        array_agg(
            struct_pack(
                reading := reading,
                place := cast(said_place as bigint),
                factor := cast(factor as double)
            ) order by priority
        ) as places,
    from placed_keys
    group by key_set, reading, reading_group

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

named_sources as (

    select
        found_sources.key_set,
        found_sources.reading_group || '_json_' || found_sources.source_no as source,
        list_position(kept_values.kept_places, found_sources.place) as said_place,
    from found_sources
    inner join kept_values on found_sources.key_set = kept_values.key_set

),

sources_of_lists as (

    select
        key_set,
        {% for source in spanmart.json_source_names() %}
        max(case when source = '{{ source }}' then said_place end) as {{ source }}_place,
        {% endfor %}
    from named_sources
    group by key_set

),

readings_of_lists as (

    select
        key_set,
        bool_or(reading_group = 'usage') as tells_of_usage,
        {% for reading, place in spanmart.places_of(readings) %}
        max(case when reading = '{{ reading }}' then {{ place }} end) as {{ reading }}_{{ place }},
        {% endfor %}
        flatten(array_agg(hard_places) filter (where hard_places is not null)) as hard_readings,
    from numbered_places
    group by key_set

),

key_sets as (

    select
        key_lists.key_set,
        row_number() over (order by key_lists.key_set) as key_set_no,
        kept_values.kept_places,
        {% for group in ['step', 'context'] %}
        {{ spanmart.same_run_hash([
            spanmart.values_at('key_lists.key_list', 'kept_values.' ~ group ~ '_places')
        ]) }} as {{ group }}_keys,
        list_transform(
            kept_values.{{ group }}_places,
            lambda place: list_position(kept_values.kept_places, place)
        ) as places_of_{{ group }},
        {% endfor %}
        nullif(list_position(key_lists.key_list, 'logfire.span_type'), 0) as logfire_type_place,
        {{ spanmart.usage_namespace('key_lists.key_list') }} as usage_namespace,
        coalesce(readings_of_lists.tells_of_usage, false) as has_usage,
        readings_of_lists.* exclude (key_set),
        sources_of_lists.* exclude (key_set),
    from key_lists
    left join kept_values on key_lists.key_set = kept_values.key_set
    left join readings_of_lists on key_lists.key_set = readings_of_lists.key_set
    left join sources_of_lists on key_lists.key_set = sources_of_lists.key_set

)

select * from key_sets
