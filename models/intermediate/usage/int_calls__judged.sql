-- One row per call or usage report: whether it counts where it stands in its trace, and why not.
-- What the call says of itself stands in int_calls__reported; writing it twice costs more than all
-- judging.
with recursive calls as {{ spanmart.inlined() }} (

    select * from {{ ref('int_calls__reported') }}

),

placed_spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__rooted') }}

),

scopes as (

    select * from {{ ref('instrumentation_scopes') }}

),

rooted_calls as {{ spanmart.materialized() }} (

    select
        calls.span_no,
        placed_spans.parent_no,
    from placed_spans
    inner join calls on placed_spans.span_no = calls.span_no

),

-- A call can only stand inside another one where a call has spans below it: few traces of agents
-- that report nothing themselves have one, and no tree is climbed there.
nesting_traces as {{ spanmart.materialized() }} (

    select distinct calls.trace_key
    from placed_spans
    inner join calls on placed_spans.parent_no = calls.span_no

),

nesting_spans as {{ spanmart.materialized() }} (

    select
        placed_spans.span_no,
        placed_spans.parent_no,
    from placed_spans
    inner join nesting_traces on placed_spans.trace_key = nesting_traces.trace_key

),

-- The tree is followed over calls only: what stands between two of them is skipped.
spans_between as {{ spanmart.materialized() }} (

    select
        span_no,
        parent_no,
    from nesting_spans
    where
        span_no in (select below.parent_no from nesting_spans as below)
        and span_no not in (select rooted_calls.span_no from rooted_calls)

),

{{ spanmart.nearest_marked('call', 'spans_between') }}

nested_calls as {{ spanmart.materialized() }} (

    select
        rooted_calls.span_no,
        coalesce(parents.span_no, call_nearest.marked_no) as above_no,
    from rooted_calls
    left join rooted_calls as parents on rooted_calls.parent_no = parents.span_no
    left join call_nearest on rooted_calls.parent_no = call_nearest.span_no
    where coalesce(parents.span_no, call_nearest.marked_no) is not null

),

-- One row per call and call above it: one or two for a call of a usual trace, and never more than
-- the var max_tree_depth.
lines (span_no, above_no, distance) as (

    select
        span_no,
        above_no,
        1 as distance,
    from nested_calls
    union all
    select
        lines.span_no,
        nested_calls.above_no,
        lines.distance + 1 as distance,
    from lines
    inner join nested_calls on lines.above_no = nested_calls.span_no
    where lines.distance < {{ var('max_tree_depth') }}

),

lines_of_calls as {{ spanmart.materialized() }} (

    select
        lines.span_no,
        lines.above_no,
        inner_calls.call_kind = outer_calls.call_kind as is_same_kind,
        inner_calls.has_usage as is_inner_usage,
        inner_calls.span_type = inner_calls.call_kind as is_inner_call,
        outer_calls.has_usage as is_outer_usage,
        outer_calls.span_type = outer_calls.call_kind as is_outer_call,
    from lines
    inner join calls as inner_calls on lines.span_no = inner_calls.span_no
    inner join calls as outer_calls on lines.above_no = outer_calls.span_no

),

-- What a subtree holds: usage of a kind, or a call of it.
calls_with_calls_below as {{ spanmart.materialized() }} (

    select
        above_no as span_no,
        bool_or(is_inner_usage) as has_usage_below,
        bool_or(is_inner_call) as has_call_below,
    from lines_of_calls
    where is_same_kind
    group by above_no

),

-- What stands above a call: one that counts already, or any usage. The deepest span that carries
-- usage speaks for it: a wrapper repeats, sums, estimates or forgets.
calls_with_calls_above as (

    select
        lines_of_calls.span_no,
        bool_or(lines_of_calls.is_outer_usage) as is_below_usage,
        bool_or(
            lines_of_calls.is_outer_call
            and lines_of_calls.is_outer_usage
            and not coalesce(calls_with_calls_below.has_usage_below, false)
        ) as is_below_counted_call,
    from lines_of_calls
    left join calls_with_calls_below on lines_of_calls.above_no = calls_with_calls_below.span_no
    group by lines_of_calls.span_no

),

-- How far a producer is believed about the numbers of a call that another one recorded as well.
trusted_scopes as (

    select
        named_scopes.instrumentation_scope,
        max(scopes.trust) as trust,
    from (select distinct calls.instrumentation_scope from calls) as named_scopes
    inner join scopes on starts_with(named_scopes.instrumentation_scope, scopes.scope_prefix)
    group by named_scopes.instrumentation_scope

),

placed_calls as {{ spanmart.materialized() }} (

    select
        calls.span_no,
        calls.call_kind,
        calls.started_at,
        calls.has_usage,
        coalesce(
            calls.usage_total, coalesce(calls.usage_input, 0) + coalesce(calls.usage_output, 0)
        ) as said_tokens,
        coalesce(trusted_scopes.trust, 0) as trust,
        coalesce(calls_with_calls_below.has_usage_below, false) as has_usage_below,
        coalesce(calls_with_calls_below.has_call_below, false) as has_call_below,
        coalesce(calls_with_calls_above.is_below_usage, false) as is_below_usage,
        case
            when
                calls.has_usage
                and calls.response_id is not null
                and calls.span_type = calls.call_kind
                then {{ spanmart.same_run_hash(
                    ['calls.trace_key', 'calls.call_kind', 'calls.response_id']
                ) }}
        end as answer_key,
        case
            when calls.has_usage and calls_with_calls_below.has_usage_below then 'wrapper'
            when not calls.has_usage and calls_with_calls_below.has_call_below then 'wrapper'
            when not calls.has_usage and calls_with_calls_above.is_below_counted_call
                then 'inner_copy'
        end as nested_reason,
    from calls
    left join calls_with_calls_below on calls.span_no = calls_with_calls_below.span_no
    left join calls_with_calls_above on calls.span_no = calls_with_calls_above.span_no
    left join trusted_scopes on calls.instrumentation_scope = trusted_scopes.instrumentation_scope

),

-- One answer of the provider, met again in the trace: nested instrumentors, a turn replayed into a
-- sub-agent, a resumed run.
repeated_answers as (

    select answer_key
    from placed_calls
    where answer_key is not null
    group by answer_key
    having count(*) > 1

),

-- The producer that knows best speaks for it, then the innermost, then the first.
ranked_answers as (

    select
        placed_calls.span_no,
        row_number() over (
            partition by placed_calls.answer_key
            order by
                placed_calls.trust desc,
                placed_calls.nested_reason is null desc,
                placed_calls.started_at asc,
                calls.span_id asc
        ) as answer_rank,
    from placed_calls
    inner join repeated_answers on placed_calls.answer_key = repeated_answers.answer_key
    inner join calls on placed_calls.span_no = calls.span_no

),

judged_calls as {{ spanmart.materialized() }} (

    select
        placed_calls.*,
        case
            when ranked_answers.answer_rank > 1
                then coalesce(placed_calls.nested_reason, 'same_response_id')
            -- Trust decides between records of one answer. With a single record there is nothing to
            -- decide, and the usage below it is that of another call.
            when ranked_answers.answer_rank = 1 and placed_calls.trust > 0 then null
            else placed_calls.nested_reason
        end as duplicate_reason,
    from placed_calls
    left join ranked_answers on placed_calls.span_no = ranked_answers.span_no

),

-- What the counted calls below a wrapper add up to, beside what it says.
counted_below as (

    select
        lines.above_no as span_no,
        sum(judged_calls.said_tokens) as tokens,
    from lines
    inner join judged_calls on lines.span_no = judged_calls.span_no
    where
        judged_calls.has_usage
        and judged_calls.duplicate_reason is null
        and judged_calls.call_kind = 'model'
    group by lines.above_no

),

verdicts as (

    select
        judged_calls.span_no,
        rooted_calls.parent_no is null as is_trace_root,
        judged_calls.has_usage_below,
        judged_calls.has_call_below,
        judged_calls.has_usage and not judged_calls.has_usage_below as is_deepest_usage,
        judged_calls.is_below_usage,
        judged_calls.duplicate_reason,
        case
            when
                judged_calls.has_usage
                and judged_calls.duplicate_reason = 'wrapper'
                and judged_calls.call_kind = 'model'
                then judged_calls.said_tokens - cast(coalesce(counted_below.tokens, 0) as bigint)
        end as rollup_gap_tokens,
    from judged_calls
    inner join rooted_calls on judged_calls.span_no = rooted_calls.span_no
    left join counted_below on judged_calls.span_no = counted_below.span_no

)

select * from verdicts
