-- One row per delivery or client event.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'delivery'

),

delivery_events as (

    select
        {{ spanmart.span_envelope() }}
        coalesce({{ spanmart.attribute('event_kind') }}, spans.name) as event_kind,
        spans.started_at as occurred_at,
        {{ spanmart.attribute('first_token_shown_ms') }} as first_token_shown_ms,
        {{ spanmart.attribute('is_render_error') }} as is_render_error,
    from spans

)

select * from delivery_events
