{#- Every known value of the column lies between `low` and `high`, ends included; either may be left out. Infinity and NaN,
    which a division by zero leaves behind, lie nowhere. -#}
{% test within_bounds(model, column_name, low=none, high=none) %}
select {{ column_name }}
from {{ model }}
where
    not isfinite(cast({{ column_name }} as double))
    {% if low is not none %}or {{ column_name }} < {{ low }}{% endif %}
    {% if high is not none %}or {{ column_name }} > {{ high }}{% endif %}
{% endtest %}
