{#- CTEs that find the nearest marked span above: `name`_nearest holds (span_no, marked_no) for the rows (span_no,
    parent_no) of the CTE `unmarked`: spans with spans below them, none of them marked. Each step jumps twice as far as the
    last, so that log2(max_tree_depth) joins of two numbers do, whatever the tree's shape. A jump that ends on a span
    without a mark has reached the top, or the depth to which trees are followed: nothing marked is above. -#}
{% macro nearest_marked(name, unmarked) -%}
{%- set steps = spanmart.ancestor_hops() -%}
{{ name }}_jump_1 as {{ spanmart.materialized() }} (

    select
        span_no,
        parent_no as marked_no,
    from {{ unmarked }}
    where parent_no is not null

),

{% for step in steps -%}
{{ name }}_jump_{{ step * 2 }} as {{ spanmart.materialized() }} (

    select
        near.span_no,
        coalesce(far.marked_no, near.marked_no) as marked_no,
    from {{ name }}_jump_{{ step }} as near
    left join {{ name }}_jump_{{ step }} as far on near.marked_no = far.span_no

),

{% endfor -%}
{{ name }}_nearest as (

    select
        jumps.span_no,
        jumps.marked_no,
    from {{ name }}_jump_{{ steps[-1] * 2 }} as jumps
    left join {{ unmarked }} as tops on jumps.marked_no = tops.span_no
    where tops.span_no is null

),
{%- endmacro %}
