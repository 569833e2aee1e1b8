-- Of the attempts at one wish exactly one is the last, and it is the latest: its success is the
-- episode's.
with tools as (

    select * from {{ ref('tool_span') }}

),

torn_episodes as (

    select
        trace_id,
        episode_id,
        count(*) as attempt_count,
        count(*) filter (where is_last_attempt) as last_attempt_count,
        max(started_at) as last_started_at,
        max(started_at) filter (where is_last_attempt) as marked_started_at,
    from tools
    group by trace_id, episode_id
    having
        count(*) filter (where is_last_attempt) <> 1
        or max(started_at) <> max(started_at) filter (where is_last_attempt)

)

select * from torn_episodes
