-- One row per line of a vendor's page that holds: of a bucket and group, what was fetched last.
with vendor_usage as (

    select * from {{ source('landing', 'vendor_usage') }}

),

loads as (

    select load_id from {{ ref('stg_loads') }}

),

typed_lines as (

    select
        vendor_usage.vendor,
        vendor_usage.kind,
        vendor_usage.api,
        {{ spanmart.nanos_to_timestamp('vendor_usage.start_time_unix_nano') }} as bucket_started_at,
        {{ spanmart.nanos_to_timestamp('vendor_usage.end_time_unix_nano') }} as bucket_ended_at,
        vendor_usage.grouped_by,
        vendor_usage.project_id,
        vendor_usage.api_key_id,
        vendor_usage.author_hash as user_id_hash,
        vendor_usage.model,
        vendor_usage.line_item,
        vendor_usage.service_tier,
        vendor_usage.api_source,
        vendor_usage.is_batch,
        -- What pages of images are grouped by besides.
        {{ spanmart.map_get('vendor_usage.attributes', 'size') }} as image_size,
        {{ spanmart.map_get('vendor_usage.attributes', 'source') }} as image_source,
        vendor_usage.request_count,
        vendor_usage.input_tokens,
        vendor_usage.cached_input_tokens,
        vendor_usage.cache_write_input_tokens,
        vendor_usage.output_tokens,
        cast(vendor_usage.amount as decimal(38, 12)) as amount,
        vendor_usage.currency,
        vendor_usage.attributes,
        vendor_usage.source_version_at as fetched_at,
        vendor_usage.record_hash,
        vendor_usage.source,
        vendor_usage.source_format,
        vendor_usage.load_id,
        vendor_usage.landed_at,
    from vendor_usage
    where vendor_usage.load_id in (select loads.load_id from loads)

),

-- Buckets grow until the vendor has closed them. Where no page says when it was fetched, the larger
-- version of a line is the later one, in whatever order they landed.
latest_lines as (

    select * from typed_lines
    qualify row_number() over (
        partition by
            source,
            vendor,
            kind,
            api,
            bucket_started_at,
            bucket_ended_at,
            grouped_by,
            project_id,
            api_key_id,
            user_id_hash,
            model,
            line_item,
            service_tier,
            api_source,
            is_batch,
            image_size,
            image_source
        order by
            fetched_at desc nulls last,
            request_count desc nulls last,
            input_tokens desc nulls last,
            output_tokens desc nulls last,
            amount desc nulls last,
            record_hash asc
    ) = 1

)

select * from latest_lines
