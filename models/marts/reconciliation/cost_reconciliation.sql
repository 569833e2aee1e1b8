-- One row per source of another cost, day (UTC), provider and model.
with usage_records as (

    select * from {{ ref('int_usage__placed') }}
    where (is_usage_counted or is_call_counted) and is_billable

),

vendor_lines as (

    select * from {{ ref('int_vendor_lines__daily') }}

),

-- A vendor bills a call on the day of the call, in UTC; our marts have it on the day of its trace.
billed_calls as (

    select
        trace_id,
        cast(call_started_at as date) as day,
        coalesce(price_provider_id, lower(model_provider)) as provider,
        lower(model) as model,
        lower(price_model_id) as list_model,
        sample_weight,
        input_tokens,
        output_tokens,
        computed_cost_usd,
        provided_cost_usd,
    from usage_records

),

vendor_days as (

    select distinct
        source_name,
        day,
        provider,
    from vendor_lines

),

-- The line that a call belongs to: that of its own name, else of the price list's, else of all
-- models. A call of a day that the source has and of no line is a line that the source lacks.
placed_calls as (

    select
        vendor_days.source_name,
        billed_calls.day,
        billed_calls.provider,
        case
            when own_lines.day is not null then own_lines.model
            when list_lines.day is not null then list_lines.model
            when all_lines.day is not null then null
            else billed_calls.model
        end as model,
        billed_calls.trace_id,
        billed_calls.sample_weight,
        billed_calls.input_tokens,
        billed_calls.output_tokens,
        billed_calls.computed_cost_usd,
    from billed_calls
    inner join vendor_days
        on billed_calls.day = vendor_days.day and billed_calls.provider = vendor_days.provider
    left join vendor_lines as own_lines
        on
            vendor_days.source_name = own_lines.source_name
            and billed_calls.day = own_lines.day
            and billed_calls.provider = own_lines.provider
            and billed_calls.model = own_lines.model
    left join vendor_lines as list_lines
        on
            vendor_days.source_name = list_lines.source_name
            and billed_calls.day = list_lines.day
            and billed_calls.provider = list_lines.provider
            and billed_calls.list_model = list_lines.model
    left join vendor_lines as all_lines
        on
            vendor_days.source_name = all_lines.source_name
            and billed_calls.day = all_lines.day
            and billed_calls.provider = all_lines.provider
            and all_lines.model is null

),

traces_on_pages as (

    select
        source_name,
        day,
        provider,
        model,
        trace_id,
        sample_weight,
        count(*) as call_count,
        count(*) filter (where computed_cost_usd is null) as uncompared_count,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(computed_cost_usd) as cost_usd,
    from placed_calls
    group by all

),

sums_on_pages as (

    select
        source_name,
        day,
        provider,
        model,
        sum(sample_weight * call_count) as call_count,
        sum(sample_weight * uncompared_count) as uncompared_call_count,
        sum(sample_weight * input_tokens) as input_tokens,
        sum(sample_weight * output_tokens) as output_tokens,
        sum({{ spanmart.weighted_money('cost_usd') }}) as cost_usd,
        sqrt({{ spanmart.sampling_variance('cost_usd') }}) as cost_usd_se,
        sqrt({{ spanmart.sampling_variance(
            'coalesce(input_tokens, 0) + coalesce(output_tokens, 0)'
        ) }}) as tokens_se,
    from traces_on_pages
    group by all

),

page_comparisons as (

    select
        'vendor_page' as comparison,
        coalesce(vendor_lines.source_name, sums_on_pages.source_name) as source_name,
        coalesce(vendor_lines.day, sums_on_pages.day) as day,
        coalesce(vendor_lines.provider, sums_on_pages.provider) as provider,
        coalesce(vendor_lines.model, sums_on_pages.model) as model,
        coalesce(sums_on_pages.call_count, 0) as call_count,
        coalesce(sums_on_pages.uncompared_call_count, 0) as uncompared_call_count,
        vendor_lines.vendor_call_count,
        sums_on_pages.input_tokens,
        vendor_lines.vendor_input_tokens,
        sums_on_pages.output_tokens,
        vendor_lines.vendor_output_tokens,
        sums_on_pages.cost_usd,
        sums_on_pages.cost_usd_se,
        sums_on_pages.tokens_se,
        vendor_lines.vendor_cost_usd,
    from vendor_lines
    full join sums_on_pages
        on
            vendor_lines.source_name = sums_on_pages.source_name
            and vendor_lines.day = sums_on_pages.day
            and vendor_lines.provider = sums_on_pages.provider
            and vendor_lines.model is not distinct from sums_on_pages.model

),

-- Spans that carry a cost of their own are compared as they are, call by call and unweighted: what
-- sampling dropped is missing on both sides.
span_comparisons as (

    select
        'span' as comparison,
        'spans' as source_name,
        day,
        provider,
        model,
        cast(
            count(*) filter (where computed_cost_usd is not null and provided_cost_usd is not null)
            as double
        ) as call_count,
        cast(
            count(*) filter (where computed_cost_usd is null or provided_cost_usd is null) as double
        ) as uncompared_call_count,
        count(*) filter (where computed_cost_usd is not null and provided_cost_usd is not null)
            as vendor_call_count,
        cast(null as double) as input_tokens,
        cast(null as bigint) as vendor_input_tokens,
        cast(null as double) as output_tokens,
        cast(null as bigint) as vendor_output_tokens,
        sum(computed_cost_usd) filter (where provided_cost_usd is not null) as cost_usd,
        cast(0 as double) as cost_usd_se,
        cast(0 as double) as tokens_se,
        sum(provided_cost_usd) filter (where computed_cost_usd is not null) as vendor_cost_usd,
    from billed_calls
    group by all
    having count(provided_cost_usd) > 0

),

comparisons as (

    select * from page_comparisons
    union all
    select * from span_comparisons

),

-- Embeddings have no output. A page that has no tokens at all has costs.
measured_comparisons as (

    select
        comparisons.*,
        case
            when coalesce(vendor_input_tokens, vendor_output_tokens) is not null
                then coalesce(vendor_input_tokens, 0) + coalesce(vendor_output_tokens, 0)
        end as vendor_tokens,
        case
            when coalesce(input_tokens, output_tokens) is not null
                then coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
        end as tokens,
    from comparisons

),

judged_comparisons as (

    select
        comparison,
        source_name,
        day,
        provider,
        model,
        call_count,
        uncompared_call_count,
        vendor_call_count,
        input_tokens,
        vendor_input_tokens,
        output_tokens,
        vendor_output_tokens,
        cast(cost_usd as decimal(38, 12)) as cost_usd,
        cost_usd_se,
        cast(vendor_cost_usd as decimal(38, 12)) as vendor_cost_usd,
        cast(vendor_cost_usd - cost_usd as decimal(38, 12)) as difference_usd,
        cast(vendor_cost_usd - cost_usd as double) / nullif(cast(vendor_cost_usd as double), 0)
            as difference_share,
        cast(vendor_tokens - tokens as double) as token_difference,
        cast(vendor_tokens - tokens as double) / nullif(cast(vendor_tokens as double), 0)
            as token_difference_share,
        -- What sampling may have missed (two standard errors) is no disagreement. A usage page has
        -- no costs: its tokens are judged.
        coalesce(
            abs(cast(vendor_cost_usd - cost_usd as double))
            <= {{ var('cost_reconciliation_tolerance') }} * abs(cast(vendor_cost_usd as double))
            + 2 * coalesce(cost_usd_se, 0),
            abs(cast(vendor_tokens - tokens as double))
            <= {{ var('cost_reconciliation_tolerance') }} * vendor_tokens
            + 2 * coalesce(tokens_se, 0)
        ) as is_within_tolerance,
    from measured_comparisons

)

select * from judged_comparisons
