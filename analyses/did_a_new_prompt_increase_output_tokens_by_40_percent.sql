-- Did a new prompt increase output tokens by 40 %? One row per new prompt version, the largest
-- increase first.
--
-- Read `answer`. `increase_observed` is what a chart of averages shows; `increase` is among tasks
-- of the same kind, so that longer questions are not taken for a wordier prompt. low and high hold
-- however often one looks.
{%- set increase = 0.4 %}
with versions as (

    select * from {{ ref('prompt_version_regression') }}
    where metric = 'output_tokens_per_task'

),

answers as (

    select
        prompt_name,
        baseline_version,
        candidate_version,
        case
            when verdict in ('insufficient_data', 'not_comparable')
                then 'not known: ' || verdict_reason
            when cs_low >= {{ increase }} then 'yes, and surely by that much'
            when verdict = 'regression' and adjusted_difference >= {{ increase }}
                then 'yes, as far as can be told'
            when verdict = 'regression' then 'it increased them, by less'
            when cs_high < {{ increase }} then 'no'
            else 'unclear'
        end as answer,
        baseline_value as baseline_tokens_per_task,
        candidate_value as candidate_tokens_per_task,
        difference as increase_observed,
        adjusted_difference as increase,
        cs_low as increase_low,
        cs_high as increase_high,
        is_simpson,
        baseline_n,
        candidate_n,
        candidate_first_seen_at,
    from versions

),

ordered_answers as (

    select * from answers
    order by increase desc nulls last, prompt_name asc, candidate_version asc

)

select * from ordered_answers
