-- What would another model have cost, and what the same one today? One row per billed model and
-- scenario of production calls, the largest saving first.
--
-- Read `comparable_share` first: the difference speaks of these calls only. Tokens are taken as
-- they were counted, so a saving is a reason to try the other model, not a forecast: a smaller
-- model may write more, be retried more, and fail more (prompt_version_regression says which).
with scenarios as (

    select * from {{ ref('cost_what_if') }}
    where workload_class = 'production'

),

models as (

    select
        model_provider,
        model,
        what_if,
        alternative_provider,
        alternative_model,
        sum(call_count) as call_count,
        sum(comparable_count) / sum(call_count) as comparable_share,
        sum(cost_usd) as cost_usd,
        sum(comparable_cost_usd) as comparable_cost_usd,
        sum(what_if_cost_usd) as what_if_cost_usd,
        sum(difference_usd) as difference_usd,
    from scenarios
    group by model_provider, model, what_if, alternative_provider, alternative_model

)

select * from models
order by difference_usd asc nulls last
