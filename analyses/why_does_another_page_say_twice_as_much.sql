-- Why does another page say twice as much? One row per service and instrumentation scope of the
-- last 30 days, the largest gap first.
--
-- A page that adds up every span with usage shows `flat_tokens`. What was used is
-- `attributed_tokens`. The columns between them say what the page counted again: the same call
-- under an agent or a second instrumentor, or met in another trace. `convention_tokens` below 0 is
-- the other way round: a cache or reasoning that the producer leaves out of its count.
with reconciliation as (

    select * from {{ ref('usage_reconciliation') }}

),

newest_day as (

    select max(day) as day
    from reconciliation

),

scopes as (

    select
        reconciliation.service_name,
        reconciliation.instrumentation_scope,
        {% for part in [
            'flat', 'attributed', 'gap', 'wrapper', 'inner_copy', 'repeated', 'other_trace',
            'undetermined', 'convention'
        ] -%}
        sum(reconciliation.{{ part }}_tokens) as {{ part }}_tokens,
        {% endfor -%}
        sum(reconciliation.flat_cost_usd) as flat_cost_usd,
        sum(reconciliation.attributed_cost_usd) as attributed_cost_usd,
    from reconciliation
    cross join newest_day
    where reconciliation.day > newest_day.day - 30
    group by reconciliation.service_name, reconciliation.instrumentation_scope

)

select * from scopes
order by abs(gap_tokens) desc
