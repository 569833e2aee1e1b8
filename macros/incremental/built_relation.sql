{#- The table of one of this package's models as the last build left it, or none: on a first build, on --full-refresh, or
    while parsing. It is how this run's models see what is built already without waiting for it, as `this` is for a
    model itself. Looked up through the graph, so that a project's own schema names hold. -#}
{% macro built_relation(model_name) %}
    {%- if execute and not flags.FULL_REFRESH and graph is defined and graph.nodes is defined -%}
        {%- set node = graph.nodes.get('model.spanmart.' ~ model_name) -%}
        {%- if node -%}
            {% do return(adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias)) %}
        {%- endif -%}
    {%- endif -%}
    {% do return(none) %}
{% endmacro %}
