-- One row per span of the traces that no single root speaks for: whose context holds for it. A span
-- has a context of its own where it says what its parent does not.
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

placed_spans as (

    select * from {{ ref('int_spans__rooted') }}

),

contents as (

    select * from {{ ref('int_contexts__told') }}

),

contexts_of_traces as (

    select trace_key from {{ ref('int_contexts__of_traces') }}

),

apart_spans as {{ spanmart.materialized() }} (

    select
        span_no,
        parent_no,
    from placed_spans
    where trace_key not in (select contexts_of_traces.trace_key from contexts_of_traces)

),

own_spans as {{ spanmart.materialized() }} (

    select
        apart_spans.span_no,
        apart_spans.parent_no,
        spans.content_key,
    from spans
    inner join apart_spans on spans.span_no = apart_spans.span_no

),

tellers as {{ spanmart.materialized() }} (

    select own_spans.span_no
    from own_spans
    left join own_spans as parents on own_spans.parent_no = parents.span_no
    left join contents on own_spans.content_key = contents.content_key
    left join contents as contents_above on parents.content_key = contents_above.content_key
    where
        own_spans.parent_no is null
        or (
            own_spans.content_key <> parents.content_key
            and not list_has_all(contents_above.told, contents.told)
        )

),

-- The others have the context of their parent, or of the nearest span above that tells.
silent_parents as {{ spanmart.materialized() }} (

    select
        span_no,
        parent_no,
    from own_spans
    where
        span_no in (select below.parent_no from own_spans as below)
        and span_no not in (select tellers.span_no from tellers)

),

{{ spanmart.nearest_marked('context', 'silent_parents') }}

contexts_of_spans as (

    select
        own_spans.span_no,
        own_spans.parent_no,
        case
            when tellers.span_no is not null then tellers.span_no
            when telling_parents.span_no is not null then telling_parents.span_no
            else context_nearest.marked_no
        end as context_no,
    from own_spans
    left join tellers on own_spans.span_no = tellers.span_no
    left join tellers as telling_parents on own_spans.parent_no = telling_parents.span_no
    left join context_nearest on own_spans.parent_no = context_nearest.span_no

)

select * from contexts_of_spans
