-- One row per span of the touched traces: typed, timed, and with the context that it has or
-- inherits.
{%- set hops = spanmart.ancestor_hops() %}
{%- set fields = spanmart.context_fields() %}
with spans as (

    select * from {{ ref('int_spans__current') }}

),

placed_spans as (

    select * from {{ ref('int_spans__rooted') }}

),

-- Each attribute is looked up once; what follows reads columns.
readings as {{ spanmart.materialized() }} (

    select
        spans.span_no,
        spans.name,
        {{ spanmart.attribute('span_type') }} as declared_type,
        {{ spanmart.attribute('operation_name') }} as declared_operation,
        {{ spanmart.attribute('tool_name') }} as named_tool,
        {{ spanmart.attribute('error_type') }} as declared_error_type,
        {{ spanmart.attribute('service_name') }} as service_name,
        list_filter(
            spans.events, lambda event: event.name = 'exception'
        )[-1].attributes as exception_attributes,
        {% for field in fields %}
        {{ spanmart.attribute(field) }} as {{ field }},
        {% endfor %}
    from spans

),

own_context_1 as {{ spanmart.materialized() }} (

    select
        span_no,
        {{ fields | join(',\n        ') }},
    from readings

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
            when near.prompt_name is null or near.prompt_name = far.prompt_name
                then far.prompt_version
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
        span_no,
        declared_operation,
        named_tool,
        declared_error_type,
        service_name,
        exception_attributes,
        {{ spanmart.span_type('declared_type', 'name') }} as span_type,
    from readings

),

spans_in_context as (

    select
        spans.span_no,
        placed_spans.parent_no,
        spans.trace_id,
        spans.span_id,
        spans.parent_span_id,
        placed_spans.is_orphan,
        placed_spans.is_ring_cut,
        spans.name,
        spans.kind,
        typed_spans.span_type,
        {{ spanmart.operation_name(
            'typed_spans.span_type',
            'spans.name',
            'typed_spans.named_tool',
            'typed_spans.declared_operation'
        ) }} as operation_name,
        spans.start_time_unix_nano,
        spans.end_time_unix_nano,
        {{ spanmart.nanos_to_timestamp('spans.start_time_unix_nano') }} as started_at,
        {{ spanmart.nanos_to_timestamp('spans.end_time_unix_nano') }} as ended_at,
        -- Exported durations are milliseconds in one version and seconds in the next: only the two
        -- ends are believed.
        (spans.end_time_unix_nano - spans.start_time_unix_nano) / 1e6 as duration_ms,
        spans.status_code as span_status,
        coalesce(
            typed_spans.declared_error_type,
            {{ spanmart.map_get('typed_spans.exception_attributes', 'exception.type') }}
        ) as error_type,
        coalesce(
            nullif(spans.status_message, ''),
            {{ spanmart.map_get('typed_spans.exception_attributes', 'exception.message') }}
        ) as error_message_redacted,
        typed_spans.service_name,
        spans.scope_name as instrumentation_scope,
        spans.scope_version as instrumentation_scope_version,
        spans.trace_state,
        spans.source,
        spans.source_format,
        spans.landed_at,
        {% for field in fields %}
        {% if field == 'experiment_ids' %}
        {{ spanmart.text_list('context.experiment_ids') }} as experiment_ids,
        {% elif field == 'user_id_hash' %}
        -- Only what the loader hashed: a user's own name for the key that the loader did not know
        -- stays out of the facts.
        case when context.user_id_hash like 'h1\_%' escape '\' then context.user_id_hash end
            as user_id_hash,
        {% elif field == 'workload_class' %}
        coalesce(context.workload_class, 'production') as workload_class,
        {% else %}
        context.{{ field }},
        {% endif %}
        {% endfor %}
        spans.attributes,
        spans.resource_attributes,
        spans.events,
        spans.artifact_refs,
        spans.redaction_count,
        spans.version_count,
    from spans
    inner join typed_spans on spans.span_no = typed_spans.span_no
    inner join placed_spans on spans.span_no = placed_spans.span_no
    inner join own_context_{{ hops[-1] * 2 }} as context on spans.span_no = context.span_no

)

select * from spans_in_context
