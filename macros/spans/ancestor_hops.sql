{#- The distances 1, 2, 4, … below the var `max_tree_depth`: a span that knows its ancestor at one of them finds the one at
    the next in one join, so that a whole tree is climbed in log2(depth) joins whatever its shape. -#}
{% macro ancestor_hops() %}
    {%- set depth = var('max_tree_depth') -%}
    {%- set hops = [1] -%}
    {%- for _ in range(20) if hops[-1] * 2 < depth -%}{%- do hops.append(hops[-1] * 2) -%}{%- endfor -%}
    {% do return(hops) %}
{% endmacro %}
