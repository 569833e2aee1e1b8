{#- The distances 1, 2, 4, … below the var `max_tree_depth`: with an ancestor known at each of them, a value or a sum travels
    through a whole tree in log2(depth) joins, without recursion and whatever the shape of the tree. -#}
{% macro ancestor_hops() %}
    {%- set depth = var('max_tree_depth') -%}
    {%- set hops = [1] -%}
    {%- for _ in range(20) if hops[-1] * 2 < depth -%}{%- do hops.append(hops[-1] * 2) -%}{%- endfor -%}
    {% do return(hops) %}
{% endmacro %}
