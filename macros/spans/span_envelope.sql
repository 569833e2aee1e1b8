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
