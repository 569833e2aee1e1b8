"""Recorded HTTP requests: what an SDK sent to its vendor, saved by a proxy or a test server.

A record is a request, `{"method", "path" or "url", "content_type", "body", ...}` (the body may be
"body_text", "body_json" or "body_base64"); or it is what was sent itself, without the request
around it. Formats read both as one relation, with REQUESTS before their SELECT:

    with {REQUESTS}
    select record_number, ... from requests where path ...

    record_number   of the record
    path            without host and query; NULL for a body that came without its request
    body            JSON; NULL if the body is none (multipart bodies: PARTS)
    text            the body if it is not JSON
    boundary        between the parts of a multipart body
    sent_at_nanos   when it was sent, BIGINT nanoseconds since 1970; NULL if that is not recorded

and PARTS after REQUESTS (`with {REQUESTS}, {PARTS}`) for the parts of multipart bodies:

    record_number, path, sent_at_nanos, part_number, name, body (JSON)

A body that no one can read (compressed, or cut off) is NULL, and its record a reject. A request
that carries nothing (GET, an empty body) is none: add IS_EMPTY to a format's `nothing`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jiter

from spanmart.formats._head import Head

REQUESTS = r"""
requests as (
    select
        record_number,
        case
            when is_request
                then regexp_extract(address, '^(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#]*)', 1)
        end as path,
        case
            when not is_request then row
            when json_type(sent) <> 'VARCHAR' then sent
            when json_valid(sent ->> '$') then cast(sent ->> '$' as json)
        end as body,
        case when json_type(sent) = 'VARCHAR' and not json_valid(sent ->> '$') then sent ->> '$' end
            as text,
        trim(regexp_extract(content_type, 'boundary=("[^"]+"|[^;, ]+)', 1), '"') as boundary,
        sent_at_nanos
    from (
        select
            record_number,
            row,
            said.method is not null and coalesce(said.path, said.url) is not null as is_request,
            coalesce(said.path, said.url) as address,
            coalesce(
                said.body,
                said.body_text,
                said.body_json,
                -- Bytes that are no text stay unread.
                to_json(try(decode(from_base64(coalesce(said.body_base64, said.body_b64)))))
            ) as sent,
            coalesce(
                said.content_type,
                said.headers ->> '$."content-type"',
                said.headers ->> '$."Content-Type"',
                ''
            ) as content_type,
            epoch_nanos(coalesce(said.ts_ns, said.timestamp)) as sent_at_nanos
        from (
            select
                record_number,
                row,
                -- One look at a row that may be long.
                json_transform(row, '{
                    "method": "VARCHAR", "path": "VARCHAR", "url": "VARCHAR",
                    "content_type": "VARCHAR", "headers": "JSON",
                    "body": "JSON", "body_text": "JSON", "body_json": "JSON",
                    "body_base64": "VARCHAR", "body_b64": "VARCHAR",
                    "ts_ns": "VARCHAR", "timestamp": "VARCHAR"
                }') as said
            from records
        )
    )
)
"""

PARTS = r"""
parts as materialized (
    select
        record_number,
        path,
        sent_at_nanos,
        part_number,
        regexp_extract(
            left(part, head_length), '(?i)content-disposition:[^\n]*[; ]name="?([^";\r\n]+)', 1
        ) as name,
        try_cast(substr(part, head_length + 1) as json) as body
    from (
        select
            record_number,
            path,
            sent_at_nanos,
            unnest(texts) as part,
            generate_subscripts(texts, 1) as part_number,
            -- Behind the first empty line; before the first boundary there is none.
            case
                when strpos(part, e'\r\n\r\n') > 0 then strpos(part, e'\r\n\r\n') + 3
                else strpos(part, e'\n\n') + 1
            end as head_length
        from (
            select
                *,
                string_split(text, '--' || boundary) as texts
            from requests
            where boundary <> '' and text is not null
        )
    )
    where head_length > 1
)
"""

# Condition on `row`: a request that sends nothing.
IS_EMPTY = """(
    row ->> '$.method' is not null and coalesce(row -> '$.path', row -> '$.url') is not null
    and (
        upper(row ->> '$.method') in ('GET', 'HEAD', 'OPTIONS')
        or coalesce(
            row ->> '$.body', row ->> '$.body_text', row ->> '$.body_json', row ->> '$.body_base64',
            row ->> '$.body_b64', ''
        ) = ''
    )
)"""


@dataclass(frozen=True)
class Request:
    """A request at the beginning of a file, its body as far as it is there.

    `path` is "" for a body that came without its request; `text` is the body if it is no JSON.
    """

    path: str
    body: Any
    text: str = ""

    @property
    def records(self) -> tuple[Mapping[str, Any], ...]:
        """The JSON objects that the body is."""
        elements = self.body if isinstance(self.body, list) else [self.body]
        return tuple(each for each in elements if isinstance(each, dict))


def requests(head: Head) -> Iterator[Request]:
    """The first requests of a file, or the first bodies."""
    for record in head.records:
        address = record.get("path") or record.get("url")
        if "method" not in record or not isinstance(address, str):
            yield Request("", record)
            continue
        sent = record.get("body") or record.get("body_text") or record.get("body_json")
        encoded = record.get("body_base64") or record.get("body_b64")
        if sent is None and isinstance(encoded, str):
            sent = _decoded(encoded)
        path = urlsplit(address).path
        if not isinstance(sent, str):
            yield Request(path, sent)
            continue
        try:
            yield Request(path, jiter.from_json(sent.encode(), partial_mode="trailing-strings"))
        except ValueError:
            yield Request(path, None, text=sent)


def _decoded(text: str) -> str:
    """Base64, perhaps cut off."""
    try:
        return base64.b64decode(text[: len(text) // 4 * 4]).decode("utf-8", errors="ignore")
    except binascii.Error:
        return ""
