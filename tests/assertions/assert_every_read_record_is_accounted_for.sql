-- A load's records are landed, known already or rejected: none is dropped in silence.
with loads as (

    select * from {{ ref('stg_loads') }}

),

unbalanced_loads as (

    select
        load_id,
        source_file,
        records_read,
        records_landed,
        records_duplicate,
        records_rejected,
    from loads
    where
        (records_read = records_landed + records_duplicate + records_rejected) is not true
        or least(records_read, records_landed, records_duplicate, records_rejected, redactions) < 0

)

select * from unbalanced_loads
