-- One row per tool planning step.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'tool_planning'

),

tool_planning_spans as (

    select
        {{ spanmart.span_envelope() }}
        {{ spanmart.attribute('planner_version') }} as planner_version,
        {{ spanmart.text_list(spanmart.attribute('tools_available')) }} as tools_available,
        {{ spanmart.attribute('tool_selected') }} as tool_selected,
        {{ spanmart.attribute('rationale_category') }} as rationale_category,
        {{ spanmart.attribute('confidence') }} as confidence,
    from spans

)

select * from tool_planning_spans
