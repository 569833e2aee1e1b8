-- One row per day, tenant, task type, prompt version, failure tag and source of the tag; production
-- traces only. Every tag in use has a row in every cell, also where it tagged nothing: a roll-up
-- over tagged cells alone would leave their untagged neighbours out of the denominator.
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

traces as (

    select
        trace_id,
        started_on as day,
        tenant_id,
        task_type,
        prompt_name,
        prompt_version,
        task_success,
        sample_weight,
        reviewer_label_count > 0 as is_reviewed,
    from signals
    where workload_class = 'production' and not is_copy

),

cells as (

    select
        day,
        tenant_id,
        task_type,
        prompt_name,
        prompt_version,
        -- A number to join on: the names may be NULL, and NULL equals nothing.
        row_number() over (
            order by day, tenant_id, task_type, prompt_name, prompt_version
        ) as cell_no,
        count(*) as trace_count,
        count(*) filter (where not task_success) as failed_trace_count,
        count(task_success) as judged_trace_count,
        count(*) filter (where is_reviewed) as reviewed_trace_count,
        sum(sample_weight) as trace_weight,
        sum(sample_weight) filter (where is_reviewed) as reviewed_weight,
        sum(sample_weight) filter (where task_success is not null) as judged_weight,
        sum(sample_weight * sample_weight) as squared_weight,
    from traces
    group by day, tenant_id, task_type, prompt_name, prompt_version

),

placed_traces as (

    select
        traces.trace_id,
        traces.task_success,
        traces.sample_weight,
        cells.cell_no,
    from traces
    inner join cells
        on
            traces.day = cells.day
            and traces.tenant_id is not distinct from cells.tenant_id
            and traces.task_type is not distinct from cells.task_type
            and traces.prompt_name is not distinct from cells.prompt_name
            and traces.prompt_version is not distinct from cells.prompt_version

),

tags_in_use as (

    select
        failure_tag,
        'rule' as source,
    from declared_tags
    where has_rule
    union
    select
        failure_tag,
        source,
    from failure_tags
    union
    select
        'untagged' as failure_tag,
        'none' as source,

),

trace_tags as (

    select
        trace_id,
        failure_tag,
        source,
        bool_or(is_primary) as is_primary,
    from failure_tags
    group by trace_id, failure_tag, source

),

tagged_traces as (

    select distinct trace_id from failure_tags

),

tagged as (

    select
        placed_traces.cell_no,
        trace_tags.failure_tag,
        trace_tags.source,
        count(*) as trace_count,
        count(*) filter (where trace_tags.is_primary) as primary_trace_count,
        sum(placed_traces.sample_weight) as trace_weight,
    from trace_tags
    inner join placed_traces on trace_tags.trace_id = placed_traces.trace_id
    group by placed_traces.cell_no, trace_tags.failure_tag, trace_tags.source
    union all
    -- A task that failed and that nothing explains yet.
    select
        placed_traces.cell_no,
        'untagged' as failure_tag,
        'none' as source,
        count(*) as trace_count,
        count(*) as primary_trace_count,
        sum(placed_traces.sample_weight) as trace_weight,
    from placed_traces
    left join tagged_traces on placed_traces.trace_id = tagged_traces.trace_id
    where not placed_traces.task_success and tagged_traces.trace_id is null
    group by placed_traces.cell_no

),

trace_verdicts as (

    select
        trace_id,
        failure_tag,
    from verdicts
    where is_tagged is not null
    group by trace_id, failure_tag

),

known as (

    select
        placed_traces.cell_no,
        trace_verdicts.failure_tag,
        count(*) as trace_count,
        sum(placed_traces.sample_weight) as trace_weight,
    from trace_verdicts
    inner join placed_traces on trace_verdicts.trace_id = placed_traces.trace_id
    group by placed_traces.cell_no, trace_verdicts.failure_tag

),

counts as (

    select
        cells.day,
        cells.tenant_id,
        cells.task_type,
        cells.prompt_name,
        cells.prompt_version,
        tags_in_use.failure_tag,
        tags_in_use.source,
        declared_tags.failure_family,
        declared_tags.severity,
        coalesce(tagged.trace_count, 0) as tagged_trace_count,
        coalesce(tagged.primary_trace_count, 0) as primary_trace_count,
        -- How many traces could have been told. An evaluator looks for what it was made for, and
        -- the others it stays silent about are not known to be clean.
        case tags_in_use.source
            when 'rule' then coalesce(known.trace_count, 0)
            when 'reviewer' then cells.reviewed_trace_count
            when 'none' then cells.judged_trace_count
        end as known_trace_count,
        cells.trace_count,
        cells.failed_trace_count,
        coalesce(tagged.trace_weight, 0) as tagged_weight,
        case tags_in_use.source
            when 'rule' then coalesce(known.trace_weight, 0)
            when 'reviewer' then coalesce(cells.reviewed_weight, 0)
            when 'none' then coalesce(cells.judged_weight, 0)
        end as known_weight,
        cells.trace_weight,
        {{ spanmart.effective_sample_size('cells.trace_weight', 'cells.squared_weight') }}
            as effective_trace_count,
    from cells
    cross join tags_in_use
    left join declared_tags on tags_in_use.failure_tag = declared_tags.failure_tag
    left join tagged
        on
            cells.cell_no = tagged.cell_no
            and tags_in_use.failure_tag = tagged.failure_tag
            and tags_in_use.source = tagged.source
    left join known
        on
            cells.cell_no = known.cell_no
            and tags_in_use.failure_tag = known.failure_tag
            and tags_in_use.source = 'rule'

),

rates as (

    select
        *,
        -- Where nothing could be told there is no rate, however many traces there are.
        case
            when known_trace_count is null or known_trace_count > 0
                then tagged_weight / nullif(trace_weight, 0)
        end as rate,
        tagged_weight / nullif(known_weight, 0) as known_rate,
    from counts

),

taxonomy as (

    select
        day,
        tenant_id,
        task_type,
        prompt_name,
        prompt_version,
        failure_tag,
        source,
        failure_family,
        severity,
        tagged_trace_count,
        primary_trace_count,
        known_trace_count,
        trace_count,
        failed_trace_count,
        tagged_weight,
        known_weight,
        trace_weight,
        rate,
        {{ spanmart.wilson_low('rate * effective_trace_count', 'effective_trace_count') }}
            as rate_low,
        {{ spanmart.wilson_high('rate * effective_trace_count', 'effective_trace_count') }}
            as rate_high,
        known_rate,
    from rates

)

select * from taxonomy
