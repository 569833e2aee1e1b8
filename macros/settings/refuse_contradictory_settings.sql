{#- Runs before anything is built and stops a run that could only end in wrong tables, in words. Writes nothing. -#}
{% macro refuse_contradictory_settings() %}
    {%- if execute -%}
        {%- if var('cost_basis') not in ('computed', 'provided') -%}
            {{ exceptions.raise_compiler_error(
                "var cost_basis is '" ~ var('cost_basis') ~ "': it can be computed or provided."
            ) }}
        {%- endif -%}
        {%- set depth = var('max_tree_depth') -%}
        {%- if depth not in [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] -%}
            {{ exceptions.raise_compiler_error(
                "var max_tree_depth is " ~ depth ~ ": it must be a power of two from 2 to 1024, because values climb "
                ~ "the tree by doubling."
            ) }}
        {%- endif -%}
        {%- if not 0 <= var('evaluator_success_threshold') <= 1 -%}
            {{ exceptions.raise_compiler_error(
                "var evaluator_success_threshold is " ~ var('evaluator_success_threshold') ~ ": evaluator scores go from 0 to 1."
            ) }}
        {%- endif -%}
        {%- set unknown = var('attribute_aliases').keys() | reject('in', spanmart.attribute_aliases()) | list -%}
        {%- if unknown -%}
            {{ exceptions.raise_compiler_error(
                "var attribute_aliases names fields that do not exist: " ~ unknown | join(', ')
                ~ ". The fields are listed in macros/spans/attribute_aliases.sql."
            ) }}
        {%- endif -%}
        {{ spanmart.refuse_partial_full_refresh() }}
        {%- if 'model.spanmart.stg_loads' in selected_resources and not spanmart.has_landing() -%}
            {{ exceptions.raise_compiler_error(
                "Nothing has been landed in " ~ spanmart.landing_directory() ~ ": run `spanmart land EXPORTS` first, "
                ~ "or set SPANMART_LANDING to where your landing is."
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- A fact is refreshed from this run's tables, and without int_traces__touched these hold the traces of the last run only:
    a fact refreshed by itself would lose its history. -#}
{% macro refuse_partial_full_refresh() %}
    {%- set touched = 'model.spanmart.int_traces__touched' -%}
    {%- if flags.FULL_REFRESH and touched not in selected_resources -%}
        {%- set facts = [] -%}
        {%- for id in selected_resources if id in graph.nodes and graph.nodes[id].config.materialized == 'incremental'
            and id.startswith('model.spanmart.') -%}
            {%- do facts.append(graph.nodes[id].name) -%}
        {%- endfor -%}
        {%- if facts -%}
            {{ exceptions.raise_compiler_error(
                "--full-refresh of " ~ facts | join(', ') ~ " alone would keep only the traces of the last run. Refresh "
                ~ "from the landing with everything that is built from it: dbt build --full-refresh --select int_traces__touched+"
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
