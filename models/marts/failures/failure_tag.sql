-- One row per trace (or span), failure tag and source that gave it.
{{ config(schema='facts') }}
with verdicts as (

    select * from {{ ref('int_traces__tag_verdicts') }}

),

declared_tags as (

    select * from {{ ref('int_failure_tags__declared') }}

),

labels as (

    select * from {{ ref('int_failure_tags__labels') }}

),

signals as (

    select * from {{ ref('int_traces__signals') }}

),

feedback_events as (

    select * from {{ ref('feedback_event') }}

),

ruled_tags as (

    select
        verdicts.trace_id,
        verdicts.span_id,
        verdicts.failure_tag,
        'rule' as source,
        declared_tags.test_name as label,
        cast(null as timestamp) as labelled_at,
    from verdicts
    inner join declared_tags on verdicts.failure_tag = declared_tags.failure_tag
    where verdicts.is_tagged

),

opinions as (

    select
        feedback_events.trace_id,
        feedback_events.span_id,
        feedback_events.kind,
        feedback_events.label,
        feedback_events.occurred_at,
        {{ spanmart.tag_of_label_sql('feedback_events.label') }} as plain_label,
        -- Who gives a tag by hand is a reviewer, whatever the tool calls them; what a machine gives
        -- is not.
        case
            when feedback_events.source in ('evaluator', 'system') then 'evaluator' else 'reviewer'
        end as source,
        feedback_events.score,
        feedback_events.polarity,
        feedback_events.is_latest,
        row_number() over (
            partition by
                feedback_events.trace_id,
                feedback_events.span_id,
                feedback_events.kind,
                feedback_events.source,
                feedback_events.author_hash,
                feedback_events.evaluator_name,
                {{ spanmart.tag_of_label_sql('feedback_events.label') }}
            order by feedback_events.occurred_at desc, feedback_events.feedback_id desc
        ) as newest_first,
    from feedback_events
    where feedback_events.kind in ('failure_tag', 'reviewer_label', 'evaluator_label')

),

standing_opinions as (

    select * from opinions
    where
        -- One person may give a trace several tags: of these only the same tag's later word counts,
        -- and a score of 0 takes it back.
        (kind = 'failure_tag' and newest_first = 1 and coalesce(score, 1) <> 0)
        -- Of the other kinds a later label replaces an earlier one. An evaluator named for a
        -- failure also reports its absence, as a good score.
        or (kind <> 'failure_tag' and is_latest and coalesce(polarity, 'unknown') <> 'positive')

),

labelled_tags as (

    select
        standing_opinions.trace_id,
        standing_opinions.span_id,
        -- What is said to be a tag is kept under its own name though nobody has declared it: that
        -- is how new kinds of failure show. Any other label is a tag only if a tag claims it.
        coalesce(labels.failure_tag, standing_opinions.plain_label) as failure_tag,
        standing_opinions.source,
        standing_opinions.label,
        standing_opinions.occurred_at as labelled_at,
    from standing_opinions
    left join labels on standing_opinions.plain_label = labels.label
    where
        labels.label is not null
        or (
            standing_opinions.kind = 'failure_tag'
            and standing_opinions.plain_label <> ''
        )

),

all_tags as (

    select * from ruled_tags
    union all
    select * from labelled_tags

),

tags as (

    select
        trace_id,
        span_id,
        failure_tag,
        source,
        min(label) as label_name,
        count(*) as label_count,
        min(labelled_at) as first_labelled_at,
    from all_tags
    group by trace_id, span_id, failure_tag, source

),

described_tags as (

    select
        {{ spanmart.stable_hash(
            "concat(tags.trace_id, '|', tags.span_id, '|', tags.failure_tag, '|', tags.source)"
        ) }} as failure_tag_id,
        tags.trace_id,
        tags.span_id,
        tags.failure_tag,
        coalesce(declared_tags.failure_family, 'undeclared') as failure_family,
        tags.source,
        declared_tags.severity,
        declared_tags.owner,
        tags.label_name,
        tags.label_count,
        row_number() over (
            partition by tags.trace_id
            order by
                declared_tags.severity_rank asc nulls last,
                tags.failure_tag asc,
                -- A reviewer's word before a machine's, a machine's before a rule's.
                tags.source = 'rule' asc,
                tags.source desc,
                tags.span_id asc nulls first
        ) = 1 as is_primary,
        -- A rule was true from the moment the trace ended; the time of a build would change with
        -- every build.
        coalesce(tags.first_labelled_at, signals.ended_at) as tagged_at,
    from tags
    inner join signals on tags.trace_id = signals.trace_id
    left join declared_tags on tags.failure_tag = declared_tags.failure_tag

)

select * from described_tags
