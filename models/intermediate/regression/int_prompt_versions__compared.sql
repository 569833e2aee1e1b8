-- One row per comparison: its design, and the times from which either version's tasks are taken.
{%- set days = "interval '" ~ var('regression_before_after_days') ~ " days'" %}
with pairs as (

    select * from {{ ref('int_prompt_versions__paired') }}

),

versions as (

    select * from {{ ref('int_prompt_versions__seen') }}

),

tasks as (

    select * from {{ ref('int_tasks__matured') }}

),

pairs_in_time as (

    select
        pairs.*,
        candidates.first_seen_at as candidate_first_seen_at,
        candidates.traffic_from as candidate_traffic_from,
        candidates.matured_count as candidate_matured_count,
        baselines.traffic_to as baseline_traffic_to,
        baselines.matured_count as baseline_matured_count,
        greatest(candidates.first_seen_at, baselines.first_seen_at) as overlap_from,
        least(candidates.last_seen_at, baselines.last_seen_at) as overlap_to,
    from pairs
    inner join versions as candidates
        on
            pairs.prompt_name = candidates.prompt_name
            and pairs.candidate_version = candidates.prompt_version
    -- A pinned baseline may never have been seen: the comparison stands, without tasks.
    left join versions as baselines
        on
            pairs.prompt_name = baselines.prompt_name
            and pairs.baseline_version = baselines.prompt_version

),

overlap_counts as (

    select
        pairs_in_time.comparison_id,
        count(*) filter (
            where tasks.prompt_version = pairs_in_time.candidate_version
        ) as candidate_overlap_count,
        count(*) filter (
            where tasks.prompt_version = pairs_in_time.baseline_version
        ) as baseline_overlap_count,
    from pairs_in_time
    inner join tasks
        on
            pairs_in_time.prompt_name = tasks.prompt_name
            and tasks.prompt_version in (
                pairs_in_time.candidate_version, pairs_in_time.baseline_version
            )
            and tasks.started_at between pairs_in_time.overlap_from and pairs_in_time.overlap_to
    group by 1

),

measured_pairs as (

    select
        pairs_in_time.*,
        coalesce(overlap_counts.candidate_overlap_count, 0) as candidate_overlap_count,
        coalesce(overlap_counts.baseline_overlap_count, 0) as baseline_overlap_count,
        -- The larger of the two shares: a canary is all overlap though its old baseline is hardly
        -- any.
        greatest(
            overlap_counts.candidate_overlap_count
            / nullif(cast(pairs_in_time.candidate_matured_count as double), 0),
            overlap_counts.baseline_overlap_count
            / nullif(cast(pairs_in_time.baseline_matured_count as double), 0),
            0e0
        ) as time_overlap_share,
    from pairs_in_time
    left join overlap_counts on pairs_in_time.comparison_id = overlap_counts.comparison_id

),

designed_pairs as (

    select
        *,
        case
            when
                overlap_to - overlap_from >= interval '1 day'
                and time_overlap_share >= {{ var('regression_min_overlap_share') }}
                -- A forgotten client on the old version is no control group: both need tasks there,
                -- as far as they have any.
                and least(candidate_overlap_count, baseline_overlap_count) >= least(
                    {{ var('regression_min_tasks') }},
                    candidate_matured_count,
                    baseline_matured_count
                )
                then 'concurrent'
            else 'before_after'
        end as design,
    from measured_pairs

),

compared_versions as (

    select
        comparison_id,
        prompt_name,
        candidate_version,
        baseline_version,
        baseline_basis,
        design,
        time_overlap_share,
        candidate_first_seen_at,
        case design when 'concurrent' then overlap_from else candidate_traffic_from end
            as candidate_from,
        case design when 'concurrent' then overlap_to else candidate_traffic_from + {{ days }} end
            as candidate_to,
        case design when 'concurrent' then overlap_from else baseline_traffic_to - {{ days }} end
            as baseline_from,
        case design when 'concurrent' then overlap_to else baseline_traffic_to end as baseline_to,
    from designed_pairs

)

select * from compared_versions
