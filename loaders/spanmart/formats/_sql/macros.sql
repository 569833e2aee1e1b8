-- What several formats need to say of their records. All of it is NULL where nothing is known.

-- 2026-01-02T03:04:05.123456789Z, with a zone, without one (UTC), or with a space: nanoseconds
-- since 1970. The digits below a microsecond are added by hand.
create or replace macro iso_nanos(moment) as
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

create or replace macro said_json(document) as
    case when said(inner_json(document) ->> '$') is not null then inner_json(document) end;

-- The same for what may be the repr of a Python dict of names, numbers, True, False and None.
create or replace macro said_dict(document) as
    case
        when json_type(said_json(document)) = 'OBJECT' then said_json(document)
        else try_cast(
            replace(replace(replace(replace(
                document ->> '$', '''', '"'), 'None', 'null'), 'True', 'true'), 'False', 'false')
            as json
        )
    end;
