-- Whoever a fact names is a keyed hash: h1_ and 32 hex digits, nothing else.
with people as (

    select
        'request_trace' as fact,
        trace_id as row_id,
        user_id_hash as person,
    from {{ ref('request_trace') }}
    union all
    select
        'feedback_event' as fact,
        feedback_id as row_id,
        author_hash as person,
    from {{ ref('feedback_event') }}

),

named_people as (

    select
        fact,
        row_id,
    from people
    where not regexp_full_match(person, 'h1_[0-9a-f]{32}')

)

select * from named_people
