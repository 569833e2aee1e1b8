-- One row per candidate version and the baseline it is compared with. A prompt's first version has
-- no row.
with versions as (

    select * from {{ ref('int_prompt_versions__seen') }}

),

pins as (

    select * from {{ ref('prompt_version_baselines') }}

),

pinned_pairs as (

    select
        versions.prompt_name,
        versions.prompt_version as candidate_version,
        pins.baseline_version,
        'pinned' as baseline_basis,
    from versions
    inner join pins
        on
            versions.prompt_name = pins.prompt_name
            and versions.prompt_version = coalesce(pins.candidate_version, versions.prompt_version)
            and versions.prompt_version <> pins.baseline_version
    -- A pin for this very version beats the prompt's general one.
    qualify row_number() over (
        partition by versions.prompt_name, versions.prompt_version
        order by pins.candidate_version is null, pins.baseline_version
    ) = 1

),

previous_pairs as (

    select
        candidates.prompt_name,
        candidates.prompt_version as candidate_version,
        earlier.prompt_version as baseline_version,
        'previous' as baseline_basis,
    from versions as candidates
    inner join versions as earlier
        on
            candidates.prompt_name = earlier.prompt_name
            and (
                earlier.first_seen_at < candidates.first_seen_at
                or (
                    earlier.first_seen_at = candidates.first_seen_at
                    and earlier.prompt_version < candidates.prompt_version
                )
            )
    left join pinned_pairs
        on
            candidates.prompt_name = pinned_pairs.prompt_name
            and candidates.prompt_version = pinned_pairs.candidate_version
    where pinned_pairs.candidate_version is null
    -- A version that was tried on a handful of tasks says nothing: go back to the last one with
    -- enough. When none has enough, the last one stands, so that the candidate is seen to lack a
    -- baseline rather than not seen at all.
    qualify row_number() over (
        partition by candidates.prompt_name, candidates.prompt_version
        order by
            earlier.matured_count >= {{ var('regression_min_tasks') }} desc,
            earlier.first_seen_at desc,
            earlier.prompt_version desc
    ) = 1

),

all_pairs as (

    select * from pinned_pairs
    union all
    select * from previous_pairs

),

keyed_pairs as (

    select
        {{ spanmart.stable_hash(
            "concat_ws('|', prompt_name, candidate_version, baseline_version)"
        ) }} as comparison_id,
        *,
    from all_pairs

)

select * from keyed_pairs
