{#
    Standard error of the difference of two independent estimates: sqrt(a² + b²). Only when no cluster is in both: a user who
    met both versions correlates them; then sum each cluster's influence over both arms first and use `influence_se`.
#}
{% macro difference_se(candidate_se, baseline_se) -%}
    sqrt(({{ candidate_se }}) * ({{ candidate_se }}) + ({{ baseline_se }}) * ({{ baseline_se }}))
{%- endmacro %}
