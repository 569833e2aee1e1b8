{#- No row breaks the condition. A condition that cannot be told (NULL) is not broken. -#}
{% test satisfied(model, condition) %}
select *
from {{ model }}
where not ({{ condition }})
{% endtest %}
