{#-
The condition of a declared tag as SQL; `true` for one whose relation is the rule itself. `when` may hold Jinja, such as a
var: the graph keeps it as written, so it is rendered here.
-#}
{% macro failure_rule(declared) %}
    {% if declared.relation not in spanmart.failure_tag_relations() %}
        {% do exceptions.raise_compiler_error(
            declared.block ~ ': the relation is "' ~ declared.relation ~ '". Add it to the var failure_tag_models, so that '
            ~ 'dbt builds it first; without that it may be one of '
            ~ spanmart.failure_tag_relations() | join(', ') ~ '.') %}
    {% endif %}
    {% do return(render(declared.when | string) | trim if declared.when is not none else 'true') %}
{% endmacro %}
