-- One row per prompt version in production: its lifetime, and how many of its tasks can be judged.
with tasks as (

    select
        {{ spanmart.compared_prompt('prompt_name') }} as prompt_name,
        prompt_version,
        started_at,
    from {{ ref('int_tasks__measured') }}
    where prompt_version is not null

),

matured_tasks as (

    select * from {{ ref('int_tasks__matured') }}

),

lifetimes as (

    select
        prompt_name,
        prompt_version,
        min(started_at) as first_seen_at,
        max(started_at) as last_seen_at,
    from tasks
    group by 1, 2

),

matured_lifetimes as (

    select
        prompt_name,
        prompt_version,
        count(*) as matured_count,
        -- A first trial or a forgotten client may trickle for weeks: where traffic really began and
        -- ended.
        quantile_disc(started_at, 0.02) as traffic_from,
        quantile_disc(started_at, 0.98) as traffic_to,
    from matured_tasks
    group by 1, 2

),

seen_versions as (

    select
        lifetimes.*,
        coalesce(matured_lifetimes.matured_count, 0) as matured_count,
        coalesce(matured_lifetimes.traffic_from, lifetimes.first_seen_at) as traffic_from,
        coalesce(matured_lifetimes.traffic_to, lifetimes.last_seen_at) as traffic_to,
    from lifetimes
    left join matured_lifetimes
        on
            lifetimes.prompt_name = matured_lifetimes.prompt_name
            and lifetimes.prompt_version = matured_lifetimes.prompt_version

)

select * from seen_versions
