{#- Whether an attribute that looks like usage is read by no alias on purpose:
    - the loader reads it (loaders/spanmart/landing/vendor_usage.py, prompts.py, derived.py): our own and the objects of dialects
    - it sums up what stands below and would count twice, or is a part of a count or of a cost that is read whole
    - it is a limit and not a use
    - it repeats, on a span that is no call, what the call says: LiteLLM's raw request, LangChain's ls_*, an agent's model
    - it speaks of machines and not of models -#}
{% macro is_never_mapped(key) %}
    {%- set patterns = [
        '^spanmart\\.',
        '^langfuse\\.observation\\.(usage|usage_details|cost_details)$',
        '^mlflow\\.(chat\\.tokenusage|llm\\.cost|linkedprompts|tracetag\\.mlflow\\.linkedprompts)$',
        '^(langsmith\\.usage_metadata|lk\\.llm_metrics|ai\\.usage\\.tokens|metadata\\.usage_object)$',
        '^gen_ai\\.usage\\.(input|output)_token_details$|^(gen_ai\\.completion|llm\\.completions)\\.\\d+\\.finish_reason$',

        '^(gen_ai\\.aggregated_usage|logfire|mlflow\\.trace|langsmith\\.rollup|crewai\\.crew)\\.',
        '(text|image|audio|video|(accepted|rejected)_prediction|nocache)_?tokens$',
        'usage\\.(text|image|audio|video)\\.|token_type$|^pydantic_ai\\.cache\\.',
        '(^|\\.)cost\\.|(input|output|prompt|completion|original|tool_usage|reasoning|cache_\\w+)_cost$',

        'max_?(new_?|completion_?|output_?|input_?|prompt_?)?tokens$|budget_?tokens$',

        '^llm\\.\\w+\\.(model|usage)$|^litellm\\.|\\.user_api_key_|\\.ls_\\w+$|^(agent_)?model_name$',

        '^(process|system|container|k8s|host|jvm|runtime|db|http)\\.',
    ] -%}
    (
    {%- for pattern in patterns %}
    regexp_matches(lower({{ key }}), '{{ pattern }}'){{ ' or' if not loop.last }}
    {%- endfor %}
    )
{% endmacro %}
