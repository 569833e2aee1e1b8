{#- Incremental strategy `replace_traces`: every trace that this run rebuilt goes out whole and comes in whole, also from
    the facts in which it has no row any more (a late child span can take a row away: a wrapper's usage stops counting
    once the call below it has landed). delete+insert on a key would leave such rows behind. -#}
{% macro get_incremental_replace_traces_sql(arg_dict) %}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where trace_id in (select trace_id from {{ spanmart.this_run_relation('int_traces__touched') }});

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }};
{% endmacro %}

{#- The table that a model of this run has just written; `ref` is not to be had inside a materialization. -#}
{% macro this_run_relation(model_name) %}
    {%- set node = graph.nodes['model.spanmart.' ~ model_name] -%}
    {% do return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) %}
{% endmacro %}
