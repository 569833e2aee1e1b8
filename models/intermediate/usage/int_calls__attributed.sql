-- One row per call or usage report, with the one place in its trace where it counts. A view.
{{ config(materialized='view') }}

with calls as (

    select * from {{ ref('int_calls__reported') }}

),

verdicts as (

    select * from {{ ref('int_calls__judged') }}

),

attributed_calls as (

    select
        calls.*,
        verdicts.* exclude (span_no),
    from calls
    inner join verdicts on calls.span_no = verdicts.span_no

)

select * from attributed_calls
