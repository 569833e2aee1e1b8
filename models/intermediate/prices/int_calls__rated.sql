-- One row per call of this run, with the rates that hold for its model, start time and input size.
{{ config(materialized='view') }}

with calls as {{ spanmart.inlined() }} (

    select * from {{ ref('int_calls__token_buckets') }}

),

matched_models as (

    select * from {{ ref('int_models__matched') }}

),

published_prices as (

    select * from {{ ref('int_prices__effective') }}

),

overridden_models as (

    select * from {{ ref('int_models__overridden') }}

),

{{ spanmart.rated_calls() }}

select * from rated_calls
