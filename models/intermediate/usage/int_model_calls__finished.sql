-- One row per model call: how its output ended.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}

),

calls as (

    select * from {{ ref('int_calls__token_buckets') }}
    where call_kind = 'model'

),

finish_reason_classes as (

    select * from {{ ref('finish_reasons') }}

),

log_records as (

    select
        trace_id,
        span_id,
        {{ spanmart.text_list(spanmart.attribute('finish_reasons', 'attributes', 'attributes')) }}
            as finish_reasons,
    from {{ ref('stg_log_records') }}
    where trace_id in (select spans.trace_id from spans)

),

-- An older convention gives the reason only in the log record of each choice.
logged_reasons as (

    select
        trace_id,
        span_id,
        flatten(array_agg(finish_reasons)) as finish_reasons,
    from log_records
    where finish_reasons is not null
    group by trace_id, span_id

),

readings as (

    select
        spans.span_no,
        coalesce(
            {{ spanmart.text_list(
                'coalesce(' ~ spanmart.attribute('finish_reasons') ~ ', '
                ~ spanmart.attribute('response_status') ~ ')'
            ) }},
            logged_reasons.finish_reasons
        ) as finish_reasons,
        {{ spanmart.attribute('max_tokens') }} as max_tokens,
        calls.output_tokens,
    from calls
    inner join spans on calls.span_no = spans.span_no
    left join logged_reasons
        on spans.trace_id = logged_reasons.trace_id and spans.span_id = logged_reasons.span_id

),

-- One reason a choice; the whole call is as bad as its worst choice.
choices as (

    select
        span_no,
        unnest(finish_reasons) as said_reason,
    from readings

),

classed_choices as (

    select
        choices.span_no,
        choices.said_reason,
        coalesce(finish_reason_classes.finish_class, 'unknown') as finish_class,
    from choices
    left join finish_reason_classes
        on
            {{ spanmart.normal_finish_reason('choices.said_reason') }}
            = finish_reason_classes.finish_reason
    where choices.said_reason <> ''

),

calls_by_choice as (

    select
        span_no,
        arg_min(said_reason, {{ spanmart.finish_class_rank('finish_class') }}) as finish_reason,
        arg_min(finish_class, {{ spanmart.finish_class_rank('finish_class') }}) as finish_class,
    from classed_choices
    group by span_no

),

finished_calls as (

    select
        readings.span_no,
        readings.max_tokens,
        calls_by_choice.finish_reason,
        calls_by_choice.finish_class,
        calls_by_choice.finish_class is null
        and readings.output_tokens >= readings.max_tokens as is_truncation_suspected,
        case
            when calls_by_choice.finish_class in ('max_output', 'context_window') then true
            when calls_by_choice.finish_class in ('blocked', 'tool', 'stop') then false
            when
                {{ var('count_suspected_truncation') }}
                and readings.output_tokens >= readings.max_tokens
                then true
        end as is_truncated,
    from readings
    left join calls_by_choice on readings.span_no = calls_by_choice.span_no

)

select * from finished_calls
