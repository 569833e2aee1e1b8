-- One row per span of the touched traces: typed, timed, and with the context that it has or inherits.
{%- set hops = spanmart.ancestor_hops() %}
{%- set fields = spanmart.context_fields() %}
with spans as (

    select * from {{ ref('int_spans__current') }}

),

placed_spans as (

    select * from {{ ref('int_spans__rooted') }}

),

own_context_1 as {{ spanmart.materialized() }} (

    select
        spans.span_no,
        {% for field in fields %}
        {{ spanmart.attribute(field) }} as {{ field }},
        {% endfor %}
    from spans

),

-- After each step a value has come down from ancestors twice as far away; the nearest one wins.
{% for hop in hops %}
own_context_{{ hop * 2 }} as {{ spanmart.materialized() }} (

    select
        near.span_no,
        {% for field in fields %}
        {% if field == 'prompt_version' %}
        -- A version means nothing under another prompt's name.
        case
            when near.prompt_version is not null then near.prompt_version
            when near.prompt_name is null or near.prompt_name = far.prompt_name then far.prompt_version
        end as prompt_version,
        {% else %}
        coalesce(near.{{ field }}, far.{{ field }}) as {{ field }},
        {% endif %}
        {% endfor %}
    from own_context_{{ hop }} as near
    inner join placed_spans on near.span_no = placed_spans.span_no
    left join own_context_{{ hop }} as far on placed_spans.hop_{{ hop }} = far.span_no

),
{% endfor %}
typed_spans as (

    select
        spans.*,
        {{ spanmart.span_type(spanmart.attribute('span_type'), 'spans.name') }} as span_type,
        {{ spanmart.attribute('operation_name') }} as declared_operation,
        {{ spanmart.attribute('tool_name') }} as named_tool,
        list_filter(
            spans.events, lambda event: event.name = 'exception'
        )[-1].attributes as exception_attributes,
    from spans

),

spans_in_context as (

    select
        typed_spans.span_no,
        placed_spans.parent_no,
        typed_spans.trace_id,
        typed_spans.span_id,
        typed_spans.parent_span_id,
        placed_spans.is_orphan,
        placed_spans.is_ring_cut,
        typed_spans.name,
        typed_spans.kind,
        typed_spans.span_type,
        {{ spanmart.operation_name(
            'typed_spans.span_type', 'typed_spans.name', 'typed_spans.named_tool', 'typed_spans.declared_operation'
        ) }} as operation_name,
        typed_spans.start_time_unix_nano,
        typed_spans.end_time_unix_nano,
        {{ spanmart.nanos_to_timestamp('typed_spans.start_time_unix_nano') }} as started_at,
        {{ spanmart.nanos_to_timestamp('typed_spans.end_time_unix_nano') }} as ended_at,
        -- Exported durations are milliseconds in one version and seconds in the next: only the two ends are believed.
        (typed_spans.end_time_unix_nano - typed_spans.start_time_unix_nano) / 1e6 as duration_ms,
        typed_spans.status_code as span_status,
        coalesce(
            {{ spanmart.attribute('error_type', 'typed_spans.attributes', 'typed_spans.resource_attributes') }},
            {{ spanmart.map_get('typed_spans.exception_attributes', 'exception.type') }}
        ) as error_type,
        coalesce(
            nullif(typed_spans.status_message, ''),
            {{ spanmart.map_get('typed_spans.exception_attributes', 'exception.message') }}
        ) as error_message_redacted,
        {{ spanmart.attribute('service_name', 'typed_spans.attributes', 'typed_spans.resource_attributes') }}
            as service_name,
        typed_spans.scope_name as instrumentation_scope,
        typed_spans.scope_version as instrumentation_scope_version,
        typed_spans.trace_state,
        typed_spans.source,
        typed_spans.source_format,
        typed_spans.landed_at,
        {% for field in fields %}
        {% if field == 'experiment_ids' %}
        {{ spanmart.text_list('context.experiment_ids') }} as experiment_ids,
        {% elif field == 'user_id_hash' %}
        -- Only what the loader hashed: a user's own name for the key that the loader did not know stays out of the facts.
        case when context.user_id_hash like 'h1\_%' escape '\' then context.user_id_hash end as user_id_hash,
        {% elif field == 'workload_class' %}
        coalesce(context.workload_class, 'production') as workload_class,
        {% else %}
        context.{{ field }},
        {% endif %}
        {% endfor %}
        typed_spans.attributes,
        typed_spans.resource_attributes,
        typed_spans.events,
        typed_spans.artifact_refs,
        typed_spans.redaction_count,
        typed_spans.version_count,
    from typed_spans
    inner join placed_spans on typed_spans.span_no = placed_spans.span_no
    inner join own_context_{{ hops[-1] * 2 }} as context on typed_spans.span_no = context.span_no

)

select * from spans_in_context
