{#- What a tag's rule may read. dbt fixes the order of building while it parses, when it does not know the tags yet; so the
    relations are named beforehand: the facts here, and a user's own models in the var. -#}
{% macro failure_tag_relations() %}
    {% do return([
        'int_traces__signals', 'request_trace', 'retrieval_span', 'retrieved_document', 'prompt_assembly_span',
        'model_span', 'tool_span', 'postprocess_span', 'routing_span', 'feedback_event',
    ] + var('failure_tag_models')) %}
{% endmacro %}
