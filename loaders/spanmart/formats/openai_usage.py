"""OpenAI's pages of usage and costs: what an organisation was billed for, not its calls.

[openai-python 3.52 `types/admin/organization`.] `GET /v1/organization/usage/completions` (and
`embeddings`, `moderations`, `images`, ...) and `GET /v1/organization/costs` give pages of buckets
of time, each with a result for each group. Pages, or buckets one by one.

Which groups were asked for (`group_by`) is not on a page: those that any result of it has. A page
does not say when it was fetched either, and its last buckets still grow: a member `fetched_at`
beside `data` tells the newest. Without one, the larger of two versions of a bucket is the later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="OpenAI's pages of usage and costs (organization/usage/*, organization/costs)",
    status=Status.BY_SPECIFICATION,
    record_key="bucket, API and all fields that it is grouped by",
    version="fetched_at, if the page says so; else the larger one",
)
_RESULTS = ("organization.usage.", "organization.costs.")

_GROUPS = (
    *("project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "line_item"),
    *("api_source", "size", "source"),
)
_GROUPED_BY = ", ".join(
    f"case when bool_or({name} is not null) over (partition by record_number, object)"
    f" then '{name}' end"
    for name in _GROUPS
)
# The table has columns of its own for these; other members are attributes.
_COLUMNS = (
    *("object", "project_id", "user_id", "api_key_id", "model", "batch", "service_tier"),
    *("line_item", "api_source", "input_tokens", "input_cached_tokens", "output_tokens"),
    *("input_cache_write_tokens", "num_model_requests", "num_requests", "amount"),
)

_LINES = f"""
with buckets as materialized (
    select
        record_number,
        moment_nanos(row ->> 'fetched_at') as fetched_nanos,
        unnest(case when (row ->> 'object') = 'bucket' then [row] else elements(row -> 'data') end)
            as bucket
    from records
),

results as materialized (
    select
        record_number,
        fetched_nanos,
        epoch_nanos(bucket ->> 'start_time') as start_time_unix_nano,
        epoch_nanos(bucket ->> 'end_time') as end_time_unix_nano,
        unnest(coalesce(elements(bucket -> 'results'), elements(bucket -> 'result'))) as result
    from buckets
),

lines as materialized (
    select
        * exclude (result),
        texts_of(result) as members,
        unnest(json_transform(result, '{{
            "object": "VARCHAR", "project_id": "VARCHAR", "user_id": "VARCHAR",
            "api_key_id": "VARCHAR", "model": "VARCHAR", "batch": "BOOLEAN",
            "service_tier": "VARCHAR", "line_item": "VARCHAR", "api_source": "VARCHAR",
            "size": "VARCHAR", "source": "VARCHAR", "num_model_requests": "BIGINT",
            "num_requests": "BIGINT", "input_tokens": "BIGINT", "input_cached_tokens": "BIGINT",
            "input_cache_write_tokens": "BIGINT", "output_tokens": "BIGINT",
            "amount": {{"value": "VARCHAR", "currency": "VARCHAR"}}
        }}'))
    from results
)

select
    record_number,
    'openai' as vendor,
    case when starts_with(object, 'organization.costs') then 'cost' else 'usage' end as kind,
    said(regexp_extract(object, '^organization\\.usage\\.([a-z_]+)\\.result$', 1)) as api,
    start_time_unix_nano,
    end_time_unix_nano,
    said(array_to_string([{_GROUPED_BY}], ',')) as grouped_by,
    project_id,
    user_id as author,
    api_key_id,
    model,
    line_item,
    service_tier,
    api_source,
    batch as is_batch,
    coalesce(num_model_requests, num_requests) as request_count,
    input_tokens,
    input_cached_tokens as cached_input_tokens,
    input_cache_write_tokens as cache_write_input_tokens,
    output_tokens,
    case when try_cast(amount.value as decimal(38, 12)) is not null then amount.value end as amount,
    upper(amount.currency) as currency,
    nanos_timestamp(fetched_nanos) as source_version_at,
    map_from_entries(list_filter(
        map_entries(members),
        lambda member: member.value is not null and member.key not in {_COLUMNS}
    )) as attributes
from lines
where starts_with(object, 'organization.usage.') or starts_with(object, 'organization.costs.')
"""


def sniff(head: Head) -> Verdict:
    for record in head.records:
        pages = [record] if record.get("object") == "bucket" else record.get("data")
        for bucket in pages if isinstance(pages, list) else []:
            if not isinstance(bucket, dict) or bucket.get("object") != "bucket":
                continue
            results = bucket.get("results") or bucket.get("result")
            for result in results if isinstance(results, list) else []:
                if str(isinstance(result, dict) and result.get("object")).startswith(_RESULTS):
                    return CLAIMED
            # A quiet hour has a bucket without results.
            if results == [] and "start_time" in bucket and "end_time" in bucket:
                return CLAIMED
    return declined("no page and no bucket of OpenAI's usage or costs")


def read(stream: BinaryIO) -> Iterator[Batch]:
    nothing = "(row ->> 'object') in ('page', 'bucket')"
    return reading.read(stream, reading.Queries(vendor_usage=_LINES, nothing=nothing))
