{#-
How a span's attributes are read, whatever the number of names that a field may have. Spans of one producer share a
handful of key lists, so where each field's keys stand in them is looked up once per list (int_spans__key_sets), and
a value is then taken by its place: the same work for one name as for a dozen.

A reading is a run of keys of one field that stand together in its list and are all of the span or all of its
resource; nearly all fields have one of the first kind. A field that mixes the two has one reading per run.
-#}
{% macro field_readings(field, shipped=none) %}
    {#- Making the list takes some 10 ms: whoever asks for many fields makes it once. -#}
    {%- set shipped = shipped or spanmart.attribute_aliases(field) -%}
    {%- if field not in shipped -%}
        {{ exceptions.raise_compiler_error("No field '" ~ field ~ "' in macros/spans/attribute_aliases.sql") }}
    {%- endif -%}
    {%- set readings = [] -%}
    {%- for key in spanmart.own_attribute_keys(field) + shipped[field][1] -%}
        {%- set is_resource = key.startswith('resource:') -%}
        {%- if readings and readings[-1].is_resource == is_resource -%}
            {%- do readings[-1]['keys'].append(key) -%}
        {%- else -%}
            {%- do readings.append({
                'name': field ~ '_' ~ (readings | length + 1), 'type': shipped[field][0],
                'is_resource': is_resource, 'keys': [key],
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {% do return(readings) %}
{% endmacro %}

{#- All readings of these fields that are of the span, or of its resource. -#}
{% macro readings_of(fields, is_resource=false) %}
    {%- set found = [] -%}
    {%- set shipped = spanmart.attribute_aliases() -%}
    {%- for field in fields -%}
        {%- do found.extend(spanmart.field_readings(field, shipped) | selectattr('is_resource', 'equalto', is_resource)) -%}
    {%- endfor -%}
    {% do return(found) %}
{% endmacro %}

{#- The fields that lead to a priced call, by what they tell of: int_spans__current keeps their values. -#}
{% macro said_groups() %}
    {% do return({
        'step': ['span_type', 'operation_name', 'tool_name', 'error_type'],
        'context': spanmart.context_fields(),
        'call': spanmart.call_fields(),
        'usage': spanmart.usage_fields(),
    }) %}
{% endmacro %}

{% macro said_fields() %}
    {% do return(spanmart.said_groups().values() | sum(start=[])) %}
{% endmacro %}

{#- The columns of int_spans__key_sets for the values of these readings: [(reading, place_1), …], three places at most. -#}
{% macro places_of(readings) %}
    {%- set places = [] -%}
    {%- for reading in readings -%}
        {%- for number in range(1, [3, reading['keys'] | length] | min + 1) -%}
            {%- do places.append((reading.name, 'place_' ~ number)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {% do return(places) %}
{% endmacro %}

{#- The JSON attributes whose members tell of the fields of a group: [(key, [member, …]), …]. Members stand behind the kept
    values of a span, in this order, where the span has the key (with_members): each JSON is parsed once. -#}
{% macro json_sources(group) %}
    {%- set members = {} -%}
    {%- for reading in spanmart.readings_of(spanmart.said_groups()[group]) -%}
        {%- for key in reading['keys'] if '#' in key -%}
            {%- set source, member = key.split('*')[0].split('#') -%}
            {%- do members.setdefault(source, []) -%}
            {%- if member not in members[source] -%}{%- do members[source].append(member) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {% do return(members.items() | list) %}
{% endmacro %}

{#- The names of all of them, a group after the other: context_json_1, … -#}
{% macro json_source_names() %}
    {%- set names = [] -%}
    {%- for group in spanmart.said_groups() -%}
        {%- for _ in spanmart.json_sources(group) -%}{%- do names.append(group ~ '_json_' ~ loop.index) -%}{%- endfor -%}
    {%- endfor -%}
    {% do return(names) %}
{% endmacro %}

{#- SQL for the list of a span's values that the readings of this group point into: what is kept of them, and the members
    of its JSON. Of a row of int_spans__current beside its row of int_spans__key_sets. -#}
{% macro with_members(group, said, key_sets) -%}
    list_concat(
        {{ said }}
        {%- for members in spanmart.json_members(group, said, key_sets) -%}
        ,
        {{ spanmart.known_texts(members) }}
        {%- endfor %}
    )
{%- endmacro %}

{#- A list of SQL for the members of each JSON of a group: NULL for a span that has it not. -#}
{% macro json_members(group, said, key_sets) %}
    {%- set lists = [] -%}
    {%- for _, members in spanmart.json_sources(group) -%}
        {%- set place = key_sets ~ '.' ~ group ~ '_json_' ~ loop.index ~ '_place' -%}
        {%- do lists.append(
            'case when ' ~ place ~ ' is not null then ' ~ spanmart.json_texts(said ~ '[' ~ place ~ ']', members) ~ ' end'
        ) -%}
    {%- endfor -%}
    {% do return(lists) %}
{% endmacro %}

{#- The columns of those lists for the groups that have members of JSON; the others read `said` itself. -#}
{% macro said_lists(groups, said, key_sets) -%}
    {%- for group in groups if spanmart.json_sources(group) %}
        {{ spanmart.with_members(group, said, key_sets) }} as {{ group }}_said,
    {%- endfor -%}
{%- endmacro %}

{#- SQL for what a reading says, of a row that has a list of values and the columns of its row of int_spans__key_sets: the
    first known of up to three values, or the general case (place 0) of more names and of factors. Few lists of keys need
    that, and it costs: numbers join for next to nothing and lists do not. -#}
{% macro planned_reading(reading, said) -%}
    {%- set names = reading['keys'] | join(' ') -%}
    {%- set value = spanmart.known_value(said ~ '[each.place]', reading.type) -%}
    {%- if '*' in names -%}
        {%- set value = 'cast(' ~ value ~ ' * coalesce(each.factor, 1) as ' ~ reading.type ~ ')' -%}
    {%- endif -%}
    {%- set values = [] -%}
    {%- for number in range(1, [3, reading['keys'] | length] | min + 1) -%}
        {%- set text = said ~ '[' ~ reading.name ~ '_place_' ~ number ~ ']' -%}
        {%- do values.append(
            text if reading.type == 'varchar' else spanmart.known_value(text, reading.type)
        ) -%}
    {%- endfor -%}
    {%- if '*' in names or reading['keys'] | length > 3 -%}
        {%- do values.append(
            'case when ' ~ reading.name ~ '_place_1 = 0 then list_filter(list_transform(list_filter(hard_readings, '
            ~ "lambda each: each.reading = '" ~ reading.name ~ "'), lambda each: " ~ value
            ~ '), lambda each: each is not null)[1] end'
        ) -%}
    {%- endif -%}
    {#- Most lists of keys have none of a field's keys: without the condition all of its values were looked up all the same
        (a fifth to a third of the models that read many fields). -#}
    case when {{ reading.name }}_place_1 is not null then {{ values[0] if values | length == 1 else 'coalesce(' ~ values | join(', ') ~ ')' }} end
{%- endmacro %}

{#- SQL for a field of a row of int_spans__current beside its rows of int_spans__key_sets and int_spans__producers: its
    readings in their order. The row has `said` and what said_lists adds. -#}
{% macro said_field(field) -%}
    {%- set said = namespace(list='said') -%}
    {%- for group, fields in spanmart.said_groups().items() if field in fields and spanmart.json_sources(group) -%}
        {%- set said.list = group ~ '_said' -%}
    {%- endfor -%}
    {%- set values = [] -%}
    {%- for reading in spanmart.field_readings(field) -%}
        {%- if not reading.is_resource -%}
            {%- do values.append(spanmart.planned_reading(reading, said.list)) -%}
        {%- else -%}
            {%- set text = reading.name ~ '_text' -%}
            {%- do values.append(
                text if reading.type == 'varchar' else 'cast(' ~ text ~ ' as ' ~ reading.type ~ ')'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if values | length == 1 -%}{{ values[0] }}{%- else -%}coalesce({{ values | join(', ') }}){%- endif -%}
{%- endmacro %}
