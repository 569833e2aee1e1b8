-- One row per producer of the spans of the touched traces: what their resource says, and who
-- recorded and exported them.
with spans as (

    select * from {{ ref('int_spans__landed') }}

),

producers as {{ spanmart.materialized() }} (

    select
        {{ spanmart.producer_key() }} as producer_key,
        any_value(resource_hash) as resource_hash,
        any_value(resource_attributes) as resource_attributes,
        any_value(scope_name) as scope_name,
        any_value(scope_version) as scope_version,
        any_value(source) as source,
        any_value(source_format) as source_format,
    from spans
    group by 1

),

described_producers as (

    select
        producer_key,
        row_number() over (order by producer_key) as producer_no,
        dense_rank() over (order by resource_hash) as resource_no,
        scope_name,
        scope_version,
        source,
        source_format,
        {{ spanmart.attribute('service_name') }} as service_name,
        {% for reading in spanmart.readings_of(spanmart.said_fields(), is_resource=true) %}
        cast({{ spanmart.first_attribute(reading) }} as varchar) as {{ reading.name }}_text,
        {% endfor %}
    from producers

)

select * from described_producers
