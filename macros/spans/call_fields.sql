{#- What a span says of a model call beside its tokens, and the token counts: the fields of int_calls__reported. -#}
{% macro call_fields() %}
{% do return([
    'model_provider', 'model_requested', 'model_used', 'api_mode', 'service_tier', 'is_streaming', 'response_id',
    'provided_cost_usd', 'is_usage_estimated', 'cache_status',
]) %}
{% endmacro %}

{% macro usage_fields() %}
{% do return([
    'usage_input', 'usage_output', 'usage_total', 'usage_cache_read', 'usage_cache_write', 'usage_cache_write_5m',
    'usage_cache_write_1h', 'usage_reasoning', 'usage_input_audio', 'usage_output_audio',
]) %}
{% endmacro %}
