{#
    sqrt(m/(m-1)), the small-sample factor on a cluster's influence; NULL with fewer than two clusters, so that an error that
    cannot be known is NULL.
#}
{% macro cluster_factor(clusters) -%}
    case when {{ clusters }} > 1 then sqrt(cast({{ clusters }} as double) / ({{ clusters }} - 1)) end
{%- endmacro %}
