-- One row per call or usage report, with the one place in its trace where it counts.
{%- set hops = spanmart.ancestor_hops() %}
with calls as (

    select * from {{ ref('int_calls__reported') }}

),

placed_spans as (

    select * from {{ ref('int_spans__rooted') }}

),

scopes as (

    select * from {{ ref('instrumentation_scopes') }}

),

-- What a subtree holds: usage of a kind, or a model call. A mark climbs to ancestors twice as far
-- away each step.
marks_1 as {{ spanmart.materialized() }} (

    select
        span_no,
        'usage ' || call_kind as mark,
    from calls
    where has_usage
    union all
    select
        span_no,
        'call ' || call_kind as mark,
    from calls
    where span_type = call_kind

),

{% for hop in hops %}
marks_{{ hop * 2 }} as {{ spanmart.materialized() }} (

    select
        span_no,
        mark,
    from marks_{{ hop }}
    union
    select
        placed_spans.hop_{{ hop }} as span_no,
        marks_{{ hop }}.mark,
    from marks_{{ hop }}
    inner join placed_spans on marks_{{ hop }}.span_no = placed_spans.span_no
    where placed_spans.hop_{{ hop }} is not null

),

{% endfor %}
marks_below as {{ spanmart.materialized() }} (

    select distinct
        placed_spans.parent_no as span_no,
        marks_{{ hops[-1] * 2 }}.mark,
    from marks_{{ hops[-1] * 2 }}
    inner join placed_spans on marks_{{ hops[-1] * 2 }}.span_no = placed_spans.span_no
    where placed_spans.parent_no is not null

),

weighed_calls as (

    select
        calls.*,
        usage_below.span_no is not null as has_usage_below,
        call_below.span_no is not null as has_call_below,
        -- The deepest span that carries usage speaks for it: a wrapper repeats, sums, estimates or
        -- forgets.
        calls.has_usage and usage_below.span_no is null as is_deepest_usage,
    from calls
    left join marks_below as usage_below
        on
            calls.span_no = usage_below.span_no
            and usage_below.mark = 'usage ' || calls.call_kind
    left join marks_below as call_below
        on
            calls.span_no = call_below.span_no
            and call_below.mark = 'call ' || calls.call_kind

),

-- What stands above a span: a call of the kind that counts already, or any usage.
above_1 as {{ spanmart.materialized() }} (

    select
        placed_spans.span_no,
        coalesce(
            weighed_calls.is_deepest_usage
            and weighed_calls.span_type = weighed_calls.call_kind,
            false
        ) as is_counted_call,
        coalesce(weighed_calls.has_usage, false) as is_usage,
    from placed_spans
    left join weighed_calls on placed_spans.span_no = weighed_calls.span_no

),

{% for hop in hops %}
above_{{ hop * 2 }} as {{ spanmart.materialized() }} (

    select
        near.span_no,
        near.is_counted_call or coalesce(far.is_counted_call, false) as is_counted_call,
        near.is_usage or coalesce(far.is_usage, false) as is_usage,
    from above_{{ hop }} as near
    inner join placed_spans on near.span_no = placed_spans.span_no
    left join above_{{ hop }} as far on placed_spans.hop_{{ hop }} = far.span_no

),

{% endfor %}
placed_calls as (

    select
        weighed_calls.*,
        coalesce(above.is_usage, false) as is_below_usage,
        case
            when weighed_calls.has_usage and weighed_calls.has_usage_below then 'wrapper'
            when not weighed_calls.has_usage and weighed_calls.has_call_below then 'wrapper'
            when not weighed_calls.has_usage and coalesce(above.is_counted_call, false)
                then 'inner_copy'
        end as nested_reason,
    from weighed_calls
    left join above_{{ hops[-1] * 2 }} as above on weighed_calls.parent_no = above.span_no

),

-- How far a producer is believed about the numbers of a call that another one recorded as well.
trusted_calls as (

    select
        placed_calls.*,
        coalesce(max(scopes.trust), 0) as trust,
    from placed_calls
    left join scopes on starts_with(placed_calls.instrumentation_scope, scopes.scope_prefix)
    group by all

),

-- One answer of the provider, met again in the trace: nested instrumentors, a turn replayed into a
-- sub-agent, a resumed run. The producer that knows best speaks for it, then the innermost, then
-- the first.
answers as (

    select
        trusted_calls.*,
        trusted_calls.has_usage
        and trusted_calls.response_id is not null
        and trusted_calls.span_type = trusted_calls.call_kind as is_answer,
        row_number() over (
            partition by
                trusted_calls.trace_id,
                trusted_calls.call_kind,
                trusted_calls.response_id,
                trusted_calls.has_usage,
                trusted_calls.span_type
            order by
                trusted_calls.trust desc,
                trusted_calls.nested_reason is null desc,
                trusted_calls.started_at asc,
                trusted_calls.span_id asc
        ) as answer_rank,
        count(*) over (
            partition by
                trusted_calls.trace_id,
                trusted_calls.call_kind,
                trusted_calls.response_id,
                trusted_calls.has_usage,
                trusted_calls.span_type
        ) as record_count,
    from trusted_calls

),

attributed_calls as (

    select
        answers.* exclude (answer_rank, record_count, nested_reason, is_answer, trust),
        case
            when not answers.is_answer then answers.nested_reason
            when answers.answer_rank > 1 then coalesce(answers.nested_reason, 'same_response_id')
            -- Trust decides between records of one answer. With a single record there is nothing to
            -- decide, and the usage below it is that of another call.
            when answers.trust = 0 or answers.record_count = 1 then answers.nested_reason
        end as duplicate_reason,
    from answers

),

-- What the counted spans of a subtree add up to, beside what its wrapper says.
counted_1 as {{ spanmart.materialized() }} (

    select
        span_no,
        coalesce(usage_total, coalesce(usage_input, 0) + coalesce(usage_output, 0)) as tokens,
    from attributed_calls
    where has_usage and duplicate_reason is null and call_kind = 'model'

),

{% for hop in hops %}
counted_{{ hop * 2 }} as {{ spanmart.materialized() }} (

    select
        span_no,
        sum(tokens) as tokens,
    from (
        select
            span_no,
            tokens,
        from counted_{{ hop }}
        union all
        select
            placed_spans.hop_{{ hop }} as span_no,
            counted_{{ hop }}.tokens,
        from counted_{{ hop }}
        inner join placed_spans on counted_{{ hop }}.span_no = placed_spans.span_no
        where placed_spans.hop_{{ hop }} is not null
    )
    group by span_no

),

{% endfor %}
calls_with_gap as (

    select
        attributed_calls.*,
        case
            when
                attributed_calls.has_usage
                and attributed_calls.duplicate_reason = 'wrapper'
                and attributed_calls.call_kind = 'model'
                then
                    coalesce(
                        attributed_calls.usage_total,
                        coalesce(attributed_calls.usage_input, 0)
                        + coalesce(attributed_calls.usage_output, 0)
                    )
                    - coalesce(counted.tokens, 0)
        end as rollup_gap_tokens,
    from attributed_calls
    left join counted_{{ hops[-1] * 2 }} as counted on attributed_calls.span_no = counted.span_no

)

select * from calls_with_gap
