{{ config(severity='warn') }}
-- An attribute that looks like usage and that no alias reads, on the newest day of its source: a
-- producer renamed it, and its tokens or costs are missing since. One line in the var
-- attribute_aliases, or in macros/spans/attribute_aliases.sql, reads it.
with unmapped as (

    select * from {{ ref('unmapped_keys') }}

),

newest_days as (

    select
        source,
        max(started_on) as day,
    from {{ ref('request_trace') }}
    group by source

),

newest_unmapped as (

    select unmapped.*
    from unmapped
    inner join newest_days
        on
            unmapped.source is not distinct from newest_days.source
            and unmapped.day = newest_days.day

)

select * from newest_unmapped
