-- Lists and objects within attributes: as OpenInference flattens them, and as texts.

-- An object as its members, a list of (key VARCHAR, value JSON); empty for what is no object, and
-- for one that has a name twice.
create or replace macro members(object) as
    coalesce(map_entries(try_cast(object as map(varchar, json))), []);

-- Whether a document is a list that holds objects.
create or replace macro is_list_of_objects(document) as
    json_type(document) = 'ARRAY'
    and list_contains(list_transform(elements(document), lambda each: json_type(each)), 'OBJECT');

-- A list of objects under a name as pairs with flattened names, `name.0.member`, as OpenInference
-- and OpenLLMetry write lists into attributes; an object as `name.member`; any other document as
-- the one pair that it is. One level: apply it to what it gave for the next.
create or replace macro flattened(name, document) as
    case
        when is_list_of_objects(document) then flatten(list_transform(
            elements(document),
            lambda each, place: list_transform(members(each), lambda entry: {
                'key': name || '.' || (place - 1) || '.' || entry.key, 'value': entry.value
            })
        ))
        when json_type(document) = 'OBJECT' then list_transform(
            members(document),
            lambda entry: {'key': name || '.' || entry.key, 'value': entry.value}
        )
        else [{'key': name, 'value': document}]
    end;

-- A text that was written as JSON, out of its quotes; any other text as it is.
create or replace macro unquoted(words) as
    case
        when starts_with(words, '"') and json_type(try_cast(words as json)) = 'VARCHAR'
            then try_cast(words as json) ->> '$'
        else words
    end;

-- `\xa0` as JSON writes it. Apply it twice: a match begins with the character before it.
create or replace macro without_hex_escapes(words) as
    regexp_replace(words, '((?:^|[^\\])(?:\\\\)*)\\x([0-9a-f]{2})', '\1\\u00\2', 'g');

-- What Python's repr gives for dicts, lists, texts, numbers, True, False and None, as JSON; NULL
-- where it holds anything else (objects, datetimes, arrays of numpy).
create or replace macro json_of_repr(words) as
    try_cast(
        array_to_string(
            list_transform(
                regexp_extract_all(
                    words,
                    '''(?:[^''\\]|\\.)*''|"(?:[^"\\]|\\.)*"|[A-Za-z]+|[^A-Za-z''"]+'
                ),
                lambda token: case
                    when token in ('None', 'nan', 'NaN') then 'null'
                    when token in ('True', 'False') then lower(token)
                    when token[1] in ('''', '"') then '"' || without_hex_escapes(
                        without_hex_escapes(
                            case token[1]
                                when '"' then token[2:-2]
                                else replace(replace(token[2:-2], '\''', ''''), '"', '\"')
                            end
                        )
                    ) || '"'
                    else token
                end
            ),
            ''
        ) as json
    );
