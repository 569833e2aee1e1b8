{#
    How many equally weighted rows say as much as these: (Σw)² / Σw². Arguments are the two sums.
    Source: L. Kish, Survey Sampling (1965).
#}
{% macro effective_sample_size(weight_sum, squared_weight_sum) -%}
    ({{ weight_sum }}) * ({{ weight_sum }}) / nullif(cast({{ squared_weight_sum }} as double), 0e0)
{%- endmacro %}
