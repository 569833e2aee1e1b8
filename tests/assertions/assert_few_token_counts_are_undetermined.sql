{{ config(severity='warn') }}
-- Where neither the numbers nor a rule tell whether the input count holds the cache, the call has
-- no tokens and no cost. More than one in a hundred is a producer that wants a row in
-- seeds/tokens/instrumentation_scopes.csv.
with calls as (

    select * from {{ ref('model_span') }}
    where is_usage_counted

),

totals as (

    select
        count(*) as call_count,
        count(*) filter (where token_semantics = 'undetermined') as undetermined_count,
    from calls

),

undetermined_producers as (

    select
        calls.instrumentation_scope,
        calls.model_provider,
        count(*) as call_count,
    from calls
    cross join totals
    where
        calls.token_semantics = 'undetermined'
        and totals.undetermined_count > 0.01 * totals.call_count
    group by calls.instrumentation_scope, calls.model_provider

)

select * from undetermined_producers
