-- One row per failure tag with a rule: what its rule and the reviewers each found on the traces
-- that both looked at.
with signals as (

    select * from {{ ref('int_traces__signals') }}

),

verdicts as (

    select * from {{ ref('int_traces__tag_verdicts') }}

),

failure_tags as (

    select * from {{ ref('failure_tag') }}

),

declared_tags as (

    select * from {{ ref('int_failure_tags__declared') }}

),

reviewed_traces as (

    select trace_id from signals
    where workload_class = 'production' and not is_copy and reviewer_label_count > 0

),

reviewer_tags as (

    select distinct
        trace_id,
        failure_tag,
    from failure_tags
    where source = 'reviewer'

),

rule_verdicts as (

    select
        trace_id,
        failure_tag,
        bool_or(is_tagged) as is_tagged,
    from verdicts
    where is_tagged is not null
    group by trace_id, failure_tag

),

-- A reviewer who labels a trace and does not give it a tag has not found that failure.
double_verdicts as (

    select
        rule_verdicts.failure_tag,
        rule_verdicts.is_tagged as is_tagged_by_rule,
        reviewer_tags.trace_id is not null as is_tagged_by_reviewer,
    from rule_verdicts
    inner join reviewed_traces on rule_verdicts.trace_id = reviewed_traces.trace_id
    left join reviewer_tags
        on
            rule_verdicts.trace_id = reviewer_tags.trace_id
            and rule_verdicts.failure_tag = reviewer_tags.failure_tag

),

counts as (

    select
        failure_tag,
        count(*) as reviewed_trace_count,
        count(*) filter (where is_tagged_by_rule) as rule_count,
        count(*) filter (where is_tagged_by_reviewer) as reviewer_count,
        count(*) filter (where is_tagged_by_rule and is_tagged_by_reviewer) as both_count,
    from double_verdicts
    group by failure_tag

),

agreement as (

    select
        declared_tags.failure_tag,
        declared_tags.failure_family,
        coalesce(counts.reviewed_trace_count, 0) as reviewed_trace_count,
        coalesce(counts.both_count, 0) as both_count,
        coalesce(counts.rule_count - counts.both_count, 0) as rule_only_count,
        coalesce(counts.reviewer_count - counts.both_count, 0) as reviewer_only_count,
        counts.both_count / nullif(counts.rule_count, 0) as rule_precision,
        {{ spanmart.wilson_low('counts.both_count', 'counts.rule_count') }} as rule_precision_low,
        {{ spanmart.wilson_high('counts.both_count', 'counts.rule_count') }} as rule_precision_high,
        counts.both_count / nullif(counts.reviewer_count, 0) as rule_recall,
        {{ spanmart.wilson_low('counts.both_count', 'counts.reviewer_count') }} as rule_recall_low,
        {{ spanmart.wilson_high('counts.both_count', 'counts.reviewer_count') }}
            as rule_recall_high,
    from declared_tags
    left join counts on declared_tags.failure_tag = counts.failure_tag
    where declared_tags.has_rule

)

select * from agreement
