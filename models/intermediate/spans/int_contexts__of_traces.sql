-- One row per trace whose spans say nothing of the request that its one root does not: the root's
-- context is that of all.
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

placed_spans as (

    select * from {{ ref('int_spans__rooted') }}

),

contents as (

    select * from {{ ref('int_contexts__told') }}

),

only_roots as {{ spanmart.materialized() }} (

    select
        trace_key,
        min(span_no) as root_no,
    from placed_spans
    where parent_no is null
    group by trace_key
    having count(*) = 1

),

telling_roots as {{ spanmart.materialized() }} (

    select
        only_roots.trace_key,
        only_roots.root_no,
        spans.content_key,
        contents.told,
    from spans
    inner join only_roots on spans.span_no = only_roots.root_no
    inner join contents on spans.content_key = contents.content_key

),

-- Producers repeat what they know of a request on every span, each the part that it knows.
contents_of_traces as (

    select distinct
        trace_key,
        content_key,
    from spans

),

contradicted_roots as (

    select distinct contents_of_traces.trace_key
    from contents_of_traces
    inner join telling_roots on contents_of_traces.trace_key = telling_roots.trace_key
    inner join contents on contents_of_traces.content_key = contents.content_key
    where
        contents_of_traces.content_key <> telling_roots.content_key
        and not list_has_all(telling_roots.told, contents.told)

),

contexts_of_traces as (

    select
        telling_roots.trace_key,
        telling_roots.root_no as context_no,
    from telling_roots
    left join contradicted_roots on telling_roots.trace_key = contradicted_roots.trace_key
    where contradicted_roots.trace_key is null

)

select * from contexts_of_traces
