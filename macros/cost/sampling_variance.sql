{#- How far Σ w·y may be from the truth because traces were sampled: the variance of the Horvitz-Thompson total, over rows of
    one trace each. Rows without a value add nothing to the total and nothing here. -#}
{% macro sampling_variance(amount) -%}
    sum(sample_weight * (sample_weight - 1) * cast({{ amount }} as double) * cast({{ amount }} as double))
{%- endmacro %}
