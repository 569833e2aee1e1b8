{#- Fields that describe the request rather than one step. They may stand on any span of a trace and reach the spans below it
    that do not say otherwise. -#}
{% macro context_fields() %}
{% do return([
    'tenant_id', 'customer_tier', 'user_id_hash', 'session_id', 'conversation_id', 'request_id', 'task_id', 'task_type',
    'route_name', 'entrypoint', 'locale', 'experiment_ids', 'feature_flags', 'dataset_version', 'environment',
    'app_version', 'release_sha', 'source_application', 'workload_class', 'prompt_name', 'prompt_version',
    'system_prompt_version', 'policy_version', 'tool_instruction_version', 'tool_schema_version', 'guardrail_version',
    'sample_rate',
]) %}
{% endmacro %}
