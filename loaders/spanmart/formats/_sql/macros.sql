-- What several formats need to say of their records. All of it is NULL where nothing is known.

-- 2026-01-02T03:04:05.123456789Z, with a zone, without one (UTC), or with a space: nanoseconds
-- since 1970. The digits below a microsecond are added by hand.
create or replace macro iso_nanos(moment) as
    -- A date that int64 cannot hold (9999-12-31 for "never") is none.
    try(
        epoch_us(
            case
                when regexp_matches(moment, ':\d{2}.*([Zz]| ?UTC|[+-]\d{2}(:?\d{2})?)$')
                    then make_timestamp(
                        epoch_us(try_cast(regexp_replace(moment, '(\.\d{6})\d+', '\1') as timestamptz))
                    )
                else try_cast(regexp_replace(moment, '(\.\d{6})\d+', '\1') as timestamp)
            end
        ) * 1000
        + coalesce(
            try_cast(rpad(regexp_extract(moment, '\.\d{6}(\d{1,3})', 1), 3, '0') as bigint),
            0
        )
    );

-- Nanoseconds from a number of seconds, milli-, micro- or nanoseconds since 1970 as text, told
-- apart by size (1973 to 5138 in each unit); exact where the number is whole.
create or replace macro epoch_nanos(moment) as
    case
        when try_cast(moment as bigint) is not null and not contains(moment, '.') then
            case
                when abs(try_cast(moment as bigint)) < 100000000000 then try_cast(moment as bigint) * 1000000000
                when abs(try_cast(moment as bigint)) < 100000000000000 then try_cast(moment as bigint) * 1000000
                when abs(try_cast(moment as bigint)) < 100000000000000000 then try_cast(moment as bigint) * 1000
                else try_cast(moment as bigint)
            end
        when abs(try_cast(moment as double)) < 100000000000
            then try_cast(try_cast(moment as decimal(38, 9)) * 1000000000 as bigint)
        when abs(try_cast(moment as double)) < 100000000000000
            then try_cast(try_cast(moment as decimal(38, 9)) * 1000000 as bigint)
    end;

-- A moment in any of these spellings.
create or replace macro moment_nanos(moment) as
    coalesce(epoch_nanos(moment), iso_nanos(moment));

create or replace macro nanos_timestamp(nanos) as
    make_timestamp(nanos // 1000);

-- An object as a map from its members to their texts; empty for what is no object.
create or replace macro texts_of(object) as
    coalesce(
        try_cast(case when json_type(try_cast(object as json)) = 'OBJECT' then try_cast(object as json) end
            as map(varchar, varchar)),
        map([]::varchar[], []::varchar[])
    );

-- The same with a prefix before each name.
create or replace macro prefixed(prefix, texts) as
    map_from_entries(list_transform(map_entries(texts), lambda entry: {
        'key': prefix || entry.key, 'value': entry.value
    }));

-- JSON that may have been written as a text inside JSON.
create or replace macro inner_json(document) as
    case
        when json_type(document) = 'VARCHAR' and json_valid(document ->> '$')
            then cast(document ->> '$' as json)
        else document
    end;


-- An id of any making as one that a trace or a span can have: as it is if it has that shape, else
-- its hash. Give the id itself as source_trace_id or source_span_id beside it.
create or replace macro trace_id_of(id) as
    case
        when regexp_full_match(
            id, '[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'
        ) then id
        when trim(id) <> '' then md5(id)
    end;

create or replace macro span_id_of(id) as
    case
        when regexp_full_match(
            id, '[0-9a-fA-F]{16}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'
        ) then id
        when trim(id) <> '' then left(md5(id), 16)
    end;

-- What a source says, NULL where it says nothing: '', Python's None as text, an empty object or
-- array.
create or replace macro said(words) as
    case when trim(words) not in ('', 'None', 'null', 'NULL', '{}', '[]') then words end;

-- An object that may have been written as a text inside JSON, or as the repr of a Python dict of
-- names, numbers, True, False and None.
create or replace macro dict_of(document) as
    case json_type(document)
        when 'OBJECT' then document
        when 'VARCHAR' then coalesce(
            try_cast(document ->> '$' as json),
            try_cast(
                replace(replace(replace(replace(
                    document ->> '$', '''', '"'), 'None', 'null'), 'True', 'true'), 'False', 'false')
                as json
            )
        )
    end;

-- Pairs {'key', 'value'} as a map; of equal keys the last one holds. A pair without a key is none.
-- Names of lambdas here are long: an argument is put in for each mention of a parameter, and may
-- hold a lambda's name of its own. What is mentioned more than once is first bound to a name, by a
-- list of one: a long argument put in many times costs a quarter of a second to plan.
create or replace macro keyed(pairs) as
    coalesce(
        list_transform([pairs], lambda keyed_pairs:
            case
                -- Nearly always. NULL is not counted as a key.
                when list_unique(list_transform(keyed_pairs, lambda keyed_pair: keyed_pair.key))
                    = len(keyed_pairs)
                    then map_from_entries(keyed_pairs)
                else map_from_entries(
                    list_filter(
                        keyed_pairs,
                        lambda keyed_pair, keyed_place: keyed_pair.key is not null
                            and not list_contains(
                                list_transform(
                                    keyed_pairs[keyed_place + 1:],
                                    lambda keyed_later: keyed_later.key
                                ),
                                keyed_pair.key
                            )
                    )
                )
            end
        )[1],
        map([]::varchar[], []::varchar[])
    );

-- The member of an object whose name comes from the data: any text is a name, none is a path.
create or replace macro member(object, name) as
    json_extract(object, '/' || replace(replace(name, '~', '~0'), '/', '~1'));

-- A list as the elements it has; NULL for what is no list.
create or replace macro elements(document) as
    try_cast(document as json[]);

-- Nanoseconds from an amount (text) of a unit that has so many of them; NULL beyond int64.
create or replace macro nanos_of(amount, unit) as
    try(cast(round(try_cast(amount as decimal(38, 9)) * unit) as bigint));

-- An object with objects inside it as a map from dotted names to texts: {"a": {"b": 1}} gives a.b.
-- What is deeper than seven dots, and objects in lists, stay JSON.
create or replace macro one_level_less(pairs) as
    flatten(list_transform(pairs, lambda level_pair:
        case
            when json_type(level_pair.value) = 'OBJECT'
                then list_transform(json_keys(level_pair.value), lambda level_name: {
                    'key': level_pair.key || '.' || level_name,
                    'value': member(level_pair.value, level_name)
                })
            else [level_pair]
        end
    ));

create or replace macro dotted_texts(object) as
    list_transform([object], lambda dotted_object:
        case
            when list_contains(json_type(dotted_object, '$.*'), 'OBJECT')
                then keyed(list_transform(
                    list_reduce(
                        [
                            list_transform(
                                json_keys(dotted_object),
                                lambda dotted_name: {
                                    'key': dotted_name,
                                    'value': member(dotted_object, dotted_name)
                                }
                            ),
                            [], [], [], [], [], [], []
                        ],
                        lambda dotted_pairs, dotted_level: one_level_less(dotted_pairs)
                    ),
                    lambda dotted_pair: {
                        'key': dotted_pair.key, 'value': dotted_pair.value ->> '$'
                    }
                ))
            else texts_of(dotted_object)
        end
    )[1];

-- The line of an error's text that says what it was (the last one of a Python traceback), and the
-- class that it begins with.
create or replace macro error_line(words) as
    case
        when starts_with(trim(words), 'Traceback') then regexp_extract(trim(words), '([^\n]*)$', 1)
        else trim(split_part(words, chr(10), 1))
    end;

create or replace macro error_class(words) as
    nullif(
        regexp_extract(
            error_line(words), '^(?:[\w.]*\.)?(\w*(?:Error|Exception|Timeout|Interrupt))\b', 1
        ),
        ''
    );
