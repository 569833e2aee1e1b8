{#- The normalised name of a step, the same for every producer; a span of no known type keeps its own name. -#}
{% macro operation_name(span_type, name, tool_name, declared) -%}
    case {{ span_type }}
        when 'model' then 'llm_generate'
        when 'embedding' then 'embed_query'
        when 'retrieval' then 'vector_search'
        when 'rerank' then 'rerank_chunks'
        when 'prompt_assembly' then 'assemble_prompt'
        when 'routing' then 'route_model'
        when 'query_rewrite' then 'query_rewrite'
        when 'tool' then 'tool_call.' || coalesce({{ tool_name }}, {{ name }})
        else coalesce({{ declared }}, {{ name }})
    end
{%- endmacro %}
