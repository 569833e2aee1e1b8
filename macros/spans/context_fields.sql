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

{#- The columns that every span fact begins with: one list for all of them. -#}
{% macro span_envelope(spans='spans') %}
{%- for column in [
    'trace_id', 'span_id', 'parent_span_id', 'started_at', 'ended_at', 'duration_ms', 'span_status', 'error_type',
    'error_message_redacted', 'operation_name', 'service_name', 'environment', 'app_version', 'release_sha', 'tenant_id',
    'conversation_id', 'request_id', 'task_type', 'route_name', 'experiment_ids', 'source', 'source_format',
    'instrumentation_scope', 'landed_at',
] %}
    {{ spans }}.{{ column }},
{%- endfor %}
{% endmacro %}
