-- One row per retention class of the privacy policy that landed last.
with retention_classes as (

    select * from {{ source('landing', 'retention_classes') }}

)

select
    retention_class,
    days,
    is_default,
    landed_at,
from retention_classes
where landed_at = (select max(newest.landed_at) from retention_classes as newest)
