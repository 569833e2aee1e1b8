{#-
What kind of step a span is. Each canonical type with the values of the `span_type` field that mean it (compared in lower
case) and, for spans that say nothing of themselves, the span names that do (regular expressions on the lower-case
name: the normalised operation names of the instrumentation guide). First match wins, top to bottom.

`ai.generateText`-like wrappers and agents are not model calls: whether usage counts is decided by the tree, not here.
-#}
{% macro span_types() %}
{% do return([
    ['model', ['chat', 'llm', 'text_completion', 'completion', 'generate_content', 'generate', 'generation', 'responses',
        'llm_generate', 'model'], '^(llm_generate|chat completion)\\b'],
    ['embedding', ['embedding', 'embeddings', 'embed', 'embed_query'], '^(embed_query|embeddings?)\\b'],
    ['retrieval', ['retrieval', 'retriever', 'vector_search', 'search_memory'],
        '^(vector_search|retriev|retrieve_|search_kb)'],
    ['rerank', ['rerank', 'reranker', 'rerank_chunks'], '^rerank'],
    ['prompt_assembly', ['prompt', 'prompt_assembly', 'assemble_prompt'], '^assemble_prompt\\b'],
    ['tool', ['tool', 'execute_tool', 'function'], '^(tool_call\\.|execute_tool )'],
    ['tool_planning', ['tool_planning', 'plan'], '^plan_tools?\\b'],
    ['query_rewrite', ['query_rewrite', 'rewrite'], '^(query_rewrite|rewrite_query)\\b'],
    ['routing', ['routing', 'route_model', 'router', 'classification'], '^(route_model|classify_intent)\\b'],
    ['postprocess', ['postprocess', 'guardrail', 'validator', 'evaluator', 'validate_citations', 'moderate_output'],
        '^(validate_|moderate_|postprocess|parse_output)'],
    ['delivery', ['delivery', 'deliver', 'client'], '^(deliver|client)_'],
    ['memory', ['memory', 'create_memory', 'update_memory', 'upsert_memory', 'delete_memory', 'create_memory_store',
        'delete_memory_store'], none],
    ['agent', ['agent', 'invoke_agent', 'create_agent'], none],
    ['chain', ['chain', 'workflow', 'task', 'invoke_workflow'], none],
]) %}
{% endmacro %}
