-- One row per page or report, day (UTC), provider and model: what the vendor says.
with pages as (

    select * from {{ ref('stg_vendor_usage') }}

),

reports as (

    select * from {{ ref('vendor_costs') }}

),

daily_pages as (

    select
        pages.*,
        cast(bucket_started_at as date) as day,
        date_diff('second', bucket_started_at, bucket_ended_at) as bucket_seconds,
        coalesce(',' || grouped_by || ',', '') as grouping_key,
    from pages

),

buckets as (

    select
        source,
        vendor,
        kind,
        api,
        day,
        bucket_started_at,
        bucket_seconds,
        grouping_key,
        max(fetched_at) as fetched_at,
    from daily_pages
    group by all

),

-- The same day may be there by the hour and by the day, by model and by project: each is the whole
-- bill. What covers most of the day speaks for it, then what names models, then the newest.
groupings as (

    select
        source,
        vendor,
        kind,
        api,
        day,
        bucket_seconds,
        grouping_key,
    from buckets
    group by source, vendor, kind, api, day, bucket_seconds, grouping_key
    qualify row_number() over (
        partition by source, vendor, kind, api, day
        order by
            sum(bucket_seconds) desc,
            (grouping_key like '%,model,%' or grouping_key like '%,line_item,%') desc,
            max(fetched_at) desc nulls last,
            bucket_seconds desc,
            grouping_key asc
    ) = 1

),

named_lines as (

    select
        daily_pages.*,
        daily_pages.vendor || ' ' || daily_pages.kind as source_name,
        -- A line of a costs page is a model and a kind of token, or a service.
        case
            when daily_pages.kind = 'usage' then daily_pages.model
            when daily_pages.line_item like '%, %input%' or daily_pages.line_item like '%, %output%'
                then split_part(daily_pages.line_item, ', ', 1)
            else coalesce(daily_pages.line_item, daily_pages.model)
        end as line_model,
        case
            when daily_pages.kind = 'cost' and daily_pages.currency = 'USD' then daily_pages.amount
        end as cost_usd,
    from daily_pages
    inner join groupings
        on
            daily_pages.source = groupings.source
            and daily_pages.vendor = groupings.vendor
            and daily_pages.kind = groupings.kind
            and daily_pages.api is not distinct from groupings.api
            and daily_pages.day = groupings.day
            and daily_pages.bucket_seconds = groupings.bucket_seconds
            and daily_pages.grouping_key = groupings.grouping_key

),

lines_of_pages as (

    select
        source_name,
        day,
        lower(vendor) as provider,
        lower(line_model) as model,
        cast(sum(request_count) as bigint) as vendor_call_count,
        cast(sum(input_tokens) as bigint) as vendor_input_tokens,
        cast(sum(output_tokens) as bigint) as vendor_output_tokens,
        -- In another currency too: then the sum in dollars is not known.
        case when count(*) = count(cost_usd) then sum(cost_usd) end as vendor_cost_usd,
    from named_lines
    group by all

),

lines_of_reports as (

    select
        source_name,
        day,
        lower(provider) as provider,
        lower(model) as model,
        cast(sum(request_count) as bigint) as vendor_call_count,
        cast(sum(input_tokens) as bigint) as vendor_input_tokens,
        cast(sum(output_tokens) as bigint) as vendor_output_tokens,
        sum(cost_usd) as vendor_cost_usd,
    from reports
    group by all

),

lines as (

    select * from lines_of_pages
    union all
    select * from lines_of_reports

)

select * from lines
