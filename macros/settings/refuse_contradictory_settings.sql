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
        {%- for name, bounds in spanmart.setting_bounds().items() -%}
            {%- set value = var(name) -%}
            {%- if value is not number or value is boolean or not bounds[0] <= value <= bounds[1] -%}
                {{ exceptions.raise_compiler_error(
                    "var " ~ name ~ " is " ~ value ~ ": give a number from " ~ bounds[0] ~ " to " ~ bounds[1] ~ ", "
                    ~ bounds[2] ~ "."
                ) }}
            {%- endif -%}
        {%- endfor -%}
        {%- if var('regression_min_tasks_per_stratum') > var('regression_min_tasks') -%}
            {{ exceptions.raise_compiler_error(
                "var regression_min_tasks_per_stratum is above regression_min_tasks: no stratum of the smallest comparison "
                ~ "could count."
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

{#- The least and the most that each numeric setting can mean, and what it is. -#}
{% macro setting_bounds() %}
    {% do return({
        'evaluator_success_threshold': [0, 1, 'because evaluator scores go from 0 to 1'],
        'duplicate_call_slack_ms': [0, 60000, 'the milliseconds by which two clocks may differ'],
        'duplicate_call_minutes': [0, 1440, 'the minutes within which a call may be recorded twice'],
        'stale_index_days': [0, 36500, 'the days after which an index is old'],
        'outcome_maturity_hours': [0, 87600, 'the hours that feedback is waited for'],
        'regression_min_tasks': [1, 1000000000, 'the tasks of the smallest comparison'],
        'regression_min_clusters': [2, 1000000000, 'because one cluster has no spread'],
        'regression_min_tasks_per_stratum': [1, 1000000000, 'the tasks of the smallest stratum'],
        'regression_min_overlap_share': [0, 1, 'a share of the tasks'],
        'regression_before_after_days': [1, 3650, 'days'],
        'regression_target_tasks': [1, 1000000000000, 'tasks'],
        'regression_alpha': [0.000001, 0.5, 'the share of false alarms'],
        'what_if_days': [0, 36500, 'days'],
        'cost_reconciliation_tolerance': [0, 1, 'a share of the cost'],
        'coverage_baseline_days': [1, 3650, 'because a day is compared with at least the one before'],
        'coverage_min_calls': [1, 1000000000, 'calls'],
        'coverage_drop': [0, 1, 'a share: 0.1 is ten points'],
    }) %}
{% endmacro %}
