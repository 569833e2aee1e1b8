-- One row per call of this run, with the rates that hold for its model, start time and input size.
{{ config(materialized='view') }}

with calls as (

    select * from {{ ref('int_calls__token_buckets') }}

),

asked_calls as (

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

{{ spanmart.rated_calls(key=['span_no'], asked='asked_calls') }}

select * from rated_calls
