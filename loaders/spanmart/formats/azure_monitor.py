"""Tables of Azure Monitor's Application Insights: AppDependencies, AppRequests, AppTraces and
AppEvents, under these names or the classic ones (dependencies, requests, traces, customEvents).

As JSON Lines of a diagnostic export (PT1H.json), as JSON, CSV or Parquet of a query, or as the
answer of the query API (`{"tables": [{"columns", "rows"}]}`). Dependencies and requests are spans,
traces and events log records. `ItemCount` says how many calls a row stands for, where ingestion
sampled: its inverse is the sample rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Azure Monitor Application Insights tables (query results, diagnostic export)",
    status=Status.BY_SPECIFICATION,
    record_key="OperationId and Id; a trace or an event: all of it",
    version="a row never changes; a diagnostic export may hold it twice",
)

# Column by its name in Log Analytics, and in the classic tables. W3C ids inside a hierarchical one,
# `|<trace>.<span>.`, are taken out of it.
_COLUMNS = {
    "table_name": ("Type", "TableName", "itemType", "_Type"),
    "moment": ("TimeGenerated", "time", "timestamp"),
    "operation_id": ("OperationId", "operation_Id"),
    "id": ("Id", "id"),
    "parent_id": ("ParentId", "operation_ParentId"),
    "name": ("Name", "name"),
    "duration_ms": ("DurationMs", "duration"),
    "dependency_type": ("DependencyType", "type"),
    "target": ("Target", "target"),
    "result_code": ("ResultCode", "resultCode"),
    "success": ("Success", "success"),
    "role_name": ("AppRoleName", "cloud_RoleName"),
    "role_instance": ("AppRoleInstance", "cloud_RoleInstance"),
    "app_version": ("AppVersion", "application_Version"),
    "item_count": ("ItemCount", "itemCount"),
    "user_id": ("UserAuthenticatedId", "user_AuthenticatedId", "UserId", "user_Id"),
    "session_id": ("SessionId", "session_Id"),
    "url": ("Url", "url"),
    "message": ("Message", "message"),
    "severity": ("SeverityLevel", "severityLevel"),
}
_SELECTED = ",\n        ".join(
    f"said(coalesce({', '.join(f'''row ->> '{name}' ''' for name in names)})) as {column}"
    for column, names in _COLUMNS.items()
)
_SPAN_ID = """
    coalesce(
        nullif(regexp_extract({0}, '^\\|[0-9a-f]{{32}}[.]([0-9a-f]{{16}})[.]?$', 1), ''), {0}
    )
"""
_SEVERITIES = "['VERBOSE', 'INFORMATION', 'WARNING', 'ERROR', 'CRITICAL']"

_ROWS = f"""
with
answers as (
    select record_number, row, unnest(elements(row -> 'tables')) as answer
    from records
),
answered as (
    select
        record_number,
        list_transform(elements(answer -> 'columns'), lambda one: one ->> 'name') as names,
        unnest(elements(answer -> 'rows')) as fields
    from answers
),
rows as (
    select record_number, row
    from records
    where (row -> 'tables') is null
    union all
    select
        record_number,
        to_json(keyed(list_transform(names, lambda name, place: {{
            'key': name, 'value': fields ->> (place - 1)
        }})))
    from answered
),
named as materialized (
    select
        record_number,
        {_SELECTED},
        map_concat(
            dotted_texts(coalesce(
                inner_json(row -> 'Properties'), inner_json(row -> 'customDimensions'))),
            texts_of(coalesce(
                inner_json(row -> 'Measurements'), inner_json(row -> 'customMeasurements')))
        ) as properties
    from rows
),
typed as (
    select
        *,
        coalesce(
            lower(regexp_replace(table_name, '^(App|custom)', '')),
            case
                when severity is not null or message is not null then 'trace'
                when dependency_type is not null then 'dependency'
                when url is not null or duration_ms is not null then 'request'
            end
        ) as item
    from named
)
"""
_RESOURCE = """
    map {
        'service.name': role_name,
        'service.instance.id': role_instance,
        'service.version': app_version
    }
"""
_IS_SPAN = "regexp_matches(item, '^(dependenc|request)')"

SPANS = f"""
{_ROWS}
select
    record_number,
    operation_id as trace_id,
    {_SPAN_ID.format("id")} as span_id,
    -- The SDKs of before write the operation as the parent of what began it.
    case when parent_id is distinct from operation_id then {_SPAN_ID.format("parent_id")} end
        as parent_span_id,
    name,
    case
        when starts_with(item, 'request') then 'server'
        when starts_with(lower(dependency_type), 'inproc') then 'internal'
        else 'client'
    end as kind,
    moment_nanos(moment) as start_time_unix_nano,
    try(moment_nanos(moment) + nanos_of(duration_ms, 1000000)) as end_time_unix_nano,
    case when lower(success) in ('false', '0') then 'error' end as status_code,
    coalesce(properties['otel.scope.name'], 'azure_monitor.tables') as scope_name,
    properties['otel.scope.version'] as scope_version,
    map_concat(
        map {{
            'session.id': session_id,
            'user.id': user_id,
            'azure.dependency_type': dependency_type,
            'azure.target': target,
            'azure.result_code': result_code,
            'http.response.status_code':
                case when regexp_full_match(result_code, '[1-5][0-9]{{2}}') then result_code end,
            'url.full': url,
            'error.type': case
                when lower(success) in ('false', '0') then nullif(result_code, '0')
            end,
            'spanmart.sample.rate':
                cast(1 / nullif(try_cast(item_count as double), 0) as varchar)
        }},
        properties
    ) as attributes,
    {_RESOURCE} as resource_attributes
from typed
where {_IS_SPAN}
"""
LOG_RECORDS = f"""
{_ROWS}
select
    record_number,
    operation_id as trace_id,
    case when parent_id is distinct from operation_id then {_SPAN_ID.format("parent_id")} end
        as span_id,
    case
        when starts_with(item, 'event') then name
        else coalesce(properties['event.name'], properties['microsoft.custom_event.name'])
    end as event_name,
    moment_nanos(moment) as time_unix_nano,
    coalesce({_SEVERITIES}[try_cast(severity as int) + 1], upper(severity)) as severity_text,
    coalesce(properties['otel.scope.name'], 'azure_monitor.tables') as scope_name,
    properties as attributes,
    {_RESOURCE} as resource_attributes,
    message as body
from typed
where not {_IS_SPAN} and regexp_matches(item, '^(trace|event)')
"""
NOTHING = "json_array_length(row -> '$.tables[0].rows') = 0"


def sniff(head: Head) -> Verdict:
    if head.container is not Container.JSON:
        return head.has("TimeGenerated", "OperationId", "Properties") | head.has(
            "timestamp", "operation_Id", "customDimensions"
        )
    if any(map(_is_row, head.records)):
        return CLAIMED
    return declined("no row with OperationId and Properties, or operation_Id and customDimensions")


def read(stream: BinaryIO) -> Iterator[Batch]:
    queries = reading.Queries(spans=SPANS, log_records=LOG_RECORDS, nothing=NOTHING)
    return reading.read(stream, queries)


def _is_row(record: Mapping[str, Any]) -> bool:
    tables = record.get("tables")
    if isinstance(tables, list) and tables and isinstance(tables[0], dict):
        columns = tables[0].get("columns")
        columns = columns if isinstance(columns, list) else []
        names = [column.get("name") for column in columns if isinstance(column, dict)]
        return "OperationId" in names or "operation_Id" in names
    marks = {"Properties", "DurationMs", "customDimensions", "SeverityLevel", "AppRoleName"}
    marks |= {"operation_ParentId", "itemType"}
    return bool({"OperationId", "operation_Id"} & record.keys()) and bool(marks & record.keys())
