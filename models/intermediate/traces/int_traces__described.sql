-- One row per touched trace: its root, its times, and the context that it has as a whole.
{%- set fields = spanmart.context_fields() %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__with_attributes') }}

),

-- The root, or the earliest span without a parent in the export: its parent was sampled away, or
-- comes later. Were all spans a ring longer than is followed, the earliest of them.
roots as (

    select
        trace_id,
        span_no,
        span_id as root_span_id,
        name as root_name,
        span_type as root_span_type,
        span_status as root_span_status,
        started_at as root_started_at,
        ended_at as root_ended_at,
        duration_ms as root_duration_ms,
        is_orphan,
        workload_class,
    from spans
    qualify row_number() over (
        partition by trace_id
        order by
            parent_no is not null asc,
            is_orphan asc,
            start_time_unix_nano asc nulls last,
            span_id asc
    ) = 1

),

-- A field that the root does not carry is that of the first span that does.
trace_context as (

    select
        trace_id,
        {% for field in fields if field not in ['workload_class', 'prompt_version'] %}
        first({{ field }} order by start_time_unix_nano, span_id) filter (
            where {{ field }} is not null
        ) as {{ field }},
        {% endfor %}
        first(service_name order by start_time_unix_nano, span_id) as service_name,
        min(started_at) as first_started_at,
        max(ended_at) as last_ended_at,
        count(*) as span_count,
        count(*) filter (where span_status = 'error') as error_span_count,
        max(landed_at) as spans_landed_at,
        first(trace_state order by start_time_unix_nano, span_id) filter (where trace_state <> '')
            as trace_state,
        min(source) as source,
        min(source_format) as source_format,
        first(instrumentation_scope order by start_time_unix_nano, span_id)
            as instrumentation_scope,
    from spans
    group by trace_id

),

-- A version means nothing under another prompt's name.
prompt_versions as (

    select
        trace_context.trace_id,
        first(spans.prompt_version order by spans.start_time_unix_nano, spans.span_id)
            as prompt_version,
    from trace_context
    inner join spans
        on
            trace_context.trace_id = spans.trace_id
            and trace_context.prompt_name is not distinct from spans.prompt_name
    where spans.prompt_version is not null
    group by trace_context.trace_id

),

described_traces as (

    select
        roots.trace_id,
        roots.span_no as root_span_no,
        roots.root_span_id,
        roots.root_name,
        roots.root_span_type,
        roots.root_span_status,
        root_spans.error_type,
        root_spans.error_message_redacted,
        root_spans.operation_name,
        roots.is_orphan,
        roots.workload_class,
        coalesce(roots.root_started_at, trace_context.first_started_at) as started_at,
        -- A trace without its root ends with the last span that is here.
        case
            when roots.is_orphan then trace_context.last_ended_at else roots.root_ended_at
        end as ended_at,
        case
            when roots.is_orphan
                then epoch_us(trace_context.last_ended_at - trace_context.first_started_at) / 1e3
            else roots.root_duration_ms
        end as duration_ms,
        trace_context.* exclude (trace_id, first_started_at, last_ended_at),
        prompt_versions.prompt_version,
        coalesce(trace_context.task_id, trace_context.request_id, trace_context.trace_id)
            as task_key,
        {{ spanmart.sample_weight('trace_context.trace_state', 'trace_context.sample_rate') }}
            as sample_weight,
        {{ spanmart.attribute(
            'final_status', 'root_spans.attributes', 'root_spans.resource_attributes'
        ) }} as said_final_status,
        {{ spanmart.attribute(
            'task_completed', 'root_spans.attributes', 'root_spans.resource_attributes'
        ) }} as said_task_completed,
        {{ spanmart.attribute(
            'is_evaluation_candidate', 'root_spans.attributes', 'root_spans.resource_attributes'
        ) }} as is_evaluation_candidate,
        {{ spanmart.text_list(spanmart.attribute(
            'privacy_tags', 'root_spans.attributes', 'root_spans.resource_attributes'
        )) }} as privacy_tags,
    from roots
    inner join trace_context on roots.trace_id = trace_context.trace_id
    inner join spans as root_spans on roots.span_no = root_spans.span_no
    left join prompt_versions on roots.trace_id = prompt_versions.trace_id

)

select * from described_traces
