{#-
What kind of step a span is. Each canonical type with the values of the `span_type` field that mean it (compared in lower
case) and, for spans that say nothing of themselves, the span names that do (regular expressions on the lower-case
name: the normalised operation names of the instrumentation guide). First match wins, top to bottom.

`ai.generateText`-like wrappers, agents and LiteLLM's raw request are no model calls: whether usage counts is decided by
the tree, not here.
-#}
{% macro span_types() %}
{% do return([
    ['model', ['chat', 'llm', 'text_completion', 'completion', 'generate_content', 'generate', 'generation', 'responses',
        'llm_generate', 'model', 'chat_model', 'ai.generatetext.dogenerate', 'ai.streamtext.dostream',
        'ai.generateobject.dogenerate', 'ai.streamobject.dostream', 'gen_ai.chat', 'gen_ai.generate_content',
        'gen_ai.responses', 'gen_ai.text_completion'],
        '^(llm_generate|chat completion|claude_code\\.llm_request|llm_request|openai-generation|litellm_request)\\b'],
    ['embedding', ['embedding', 'embeddings', 'embed', 'embed_query', 'embedder', 'ai.embed.doembed', 'ai.embedmany.doembed',
        'gen_ai.embeddings'], '^(embed_query|embeddings?)\\b'],
    ['retrieval', ['retrieval', 'retriever', 'vector_search', 'search_memory'],
        '^(vector_search|retriev|retrieve_|search_kb|(chroma|pinecone|milvus|qdrant|weaviate|lancedb|marqo)\\.(query|search))'],
    ['rerank', ['rerank', 'reranker', 'rerank_chunks', 'ai.rerank.dorerank'], '^rerank'],
    ['prompt_assembly', ['prompt', 'prompt_assembly', 'assemble_prompt'], '^assemble_prompt\\b'],
    ['tool', ['tool', 'execute_tool', 'function', 'ai.toolcall', 'gen_ai.execute_tool'],
        '^(tool_call\\.|execute_tool |claude_code\\.tool$|function_tool$)'],
    ['tool_planning', ['tool_planning', 'plan'], '^plan_tools?\\b'],
    ['query_rewrite', ['query_rewrite', 'rewrite'], '^(query_rewrite|rewrite_query)\\b'],
    ['routing', ['routing', 'route_model', 'router', 'classification'], '^(route_model|classify_intent)\\b'],
    ['postprocess', ['postprocess', 'guardrail', 'validator', 'evaluator', 'validate_citations', 'moderate_output'],
        '^(validate_|moderate_|postprocess|parse_output)'],
    ['delivery', ['delivery', 'deliver', 'client'], '^(deliver|client)_'],
    ['memory', ['memory', 'create_memory', 'update_memory', 'upsert_memory', 'delete_memory', 'create_memory_store',
        'delete_memory_store'], none],
    ['agent', ['agent', 'invoke_agent', 'create_agent', 'agent_step', 'gen_ai.invoke_agent', 'gen_ai.create_agent',
        'handle_conversation_turn'], '^claude_code\\.interaction$'],
    ['chain', ['chain', 'workflow', 'task', 'invoke_workflow', 'ai.generatetext', 'ai.streamtext', 'ai.generateobject',
        'ai.streamobject', 'ai.embed', 'ai.embedmany', 'ai.rerank', 'flow'], none],
]) %}
{% endmacro %}
