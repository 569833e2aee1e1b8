{{ config(severity='warn') }}
-- A day on which a vendor's page, or the cost that spans carry, says something else than the price
-- list: a price of your own that price_overrides lacks, calls that are not traced, or traced twice.
with comparisons as (

    select * from {{ ref('cost_reconciliation') }}

),

disagreements as (

    select * from comparisons
    where
        not is_within_tolerance
        -- Calls of ours on a line that they do not have, and the other way round. A usage page has
        -- no costs and is a line all the same.
        or (comparison = 'vendor_page' and call_count = 0)
        or (
            comparison = 'vendor_page'
            and vendor_cost_usd is null
            and coalesce(vendor_call_count, vendor_input_tokens, vendor_output_tokens) is null
        )

)

select * from disagreements
