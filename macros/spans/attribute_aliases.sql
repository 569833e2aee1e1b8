{#-
Every name that a producer may give to a field, most specific first: the first key present on the span wins.
This is the one list of attribute names. A renamed attribute is one more key here; a team's own names go into the
var `attribute_aliases` (same shape, canonical field: [keys]) and win over these.

A line is  'canonical_field': ['sql type', [keys]].  A key is
  name                an attribute of the span
  resource:name       an attribute of its resource
  name#a.b            the member a.b of an attribute that holds a JSON object
  name*1000           the same, times a factor (seconds to milliseconds)
Values that mean nothing ('', 'None', 'null', 'undefined', and below zero or not finite for counts) read as NULL.

Only in this file, a key @name stands for the free metadata of the application under that name, wherever a dialect
keeps it (`metadata_places` below): the dialects with camel case also under its camel-case spelling.

Dialects, in the order of the keys: the project's own names (docs/instrumentation.md), OpenTelemetry GenAI (newest
first), OpenInference, OpenLLMetry, then the vendors that write their own keys beside those (Langfuse, Vercel AI SDK,
LangSmith, MLflow, LiteLLM, OpenLIT, Strands, Google ADK, Claude Code, Sentry, Genkit, LiveKit). What a dialect keeps
inside an object, in content or as a date is derived by the loader (loaders/spanmart/landing/derived.py) and stands last.

`only` is a field: the list of that one alone. Expanding all takes dbt ten times as long, for each place that asks.
-#}
{% macro attribute_aliases(only=none) %}
{%- set metadata_places = ['metadata#', 'traceloop.association.properties.', 'langfuse.trace.metadata.',
    'langfuse.observation.metadata.', 'langfuse.trace.metadata#',
    'langsmith.metadata.', 'mlflow.traceTag.', 'ai.telemetry.metadata.'] -%}
{%- set camel_case_places = ['ai.telemetry.metadata.'] -%}
{%- set aliases = {

    'span_type': ['varchar', [
        'spanmart.span.type', 'spanmart.derived.span_type', 'langfuse.observation.type', 'openinference.span.kind',
        'gen_ai.operation.name', 'traceloop.span.kind', 'llm.request.type', 'ai.operationId', 'mlflow.spanType',
        'langsmith.span.kind', 'genkit:metadata:subtype', 'sentry.op']],
    'operation_name': ['varchar', ['spanmart.operation.name', 'gen_ai.operation.name', 'ai.operationId']],

    'tenant_id': ['varchar', ['spanmart.tenant.id', 'tenant.id', '@tenant_id', '@tenant', 'resource:tenant.id']],
    'customer_tier': ['varchar', ['spanmart.customer.tier', '@customer_tier']],
    'user_id_hash': ['varchar', ['user.id', 'enduser.id', 'spanmart.user.id',
        '@user_id', 'gen_ai.user', 'llm.user', 'langfuse.user.id', 'mlflow.trace.user']],
    'session_id': ['varchar', ['session.id', '@session_id', 'langfuse.session.id', 'mlflow.trace.session',
        'gcp.vertex.agent.session_id', 'langsmith.metadata.thread_id']],
    'conversation_id': ['varchar', ['gen_ai.conversation.id', '@conversation_id', '@thread_id', 'session.id', '@session_id',
        'langfuse.session.id', 'mlflow.trace.session', 'gcp.vertex.agent.session_id']],
    'request_id': ['varchar', ['spanmart.request.id', 'http.request.header.x-request-id', 'request.id',
        '@request_id']],
    'task_id': ['varchar', ['spanmart.task.id', '@task_id']],
    'task_type': ['varchar', ['spanmart.task.type', '@task_type', '@task']],
    'route_name': ['varchar', ['spanmart.route.name', '@route_name', '@route']],
    'entrypoint': ['varchar', ['spanmart.entrypoint', '@entrypoint']],
    'locale': ['varchar', ['spanmart.locale', '@locale', '@language']],
    'experiment_ids': ['varchar', ['spanmart.experiment.ids', '@experiment_ids', 'langfuse.experiment.id']],
    'feature_flags': ['varchar', ['spanmart.feature.flags', '@feature_flags']],
    'dataset_version': ['varchar', ['spanmart.dataset.version', '@dataset_version']],
    'service_name': ['varchar', ['resource:service.name']],
    'environment': ['varchar', ['spanmart.environment', 'resource:deployment.environment.name',
        'resource:deployment.environment', 'resource:langfuse.environment', 'deployment.environment.name',
        'langfuse.environment', 'sentry.environment']],
    'app_version': ['varchar', ['spanmart.app.version', 'resource:service.version', 'resource:langfuse.release',
        'langfuse.release', 'sentry.release']],
    'release_sha': ['varchar', ['spanmart.release.sha', 'resource:vcs.ref.head.revision',
        'resource:vcs.repository.ref.revision', 'vcs.ref.head.revision', '@release_sha', '@revision_id',
        'mlflow.source.git.commit']],
    'source_application': ['varchar', ['spanmart.source.application', 'resource:service.namespace',
        'resource:openinference.project.name', 'langsmith.trace.session_name', 'mlflow.experimentId']],
    'workload_class': ['varchar', ['spanmart.workload.class', '@workload_class']],
    'final_status': ['varchar', ['spanmart.final.status', '@final_status']],
    'task_completed': ['boolean', ['spanmart.task.completed']],
    'is_evaluation_candidate': ['boolean', ['spanmart.evaluation.is_candidate']],
    'privacy_tags': ['varchar', ['spanmart.privacy.tags']],
    'error_type': ['varchar', ['error.type', 'exception.type', 'error_class', 'error.code']],
    'sample_rate': ['double', ['spanmart.sample.rate', 'logfire.sample_rate']],
    'is_nested_copy': ['boolean', ['spanmart.is.copy']],

    'prompt_name': ['varchar', ['spanmart.prompt.name', 'gen_ai.prompt.name', 'prompt.id', 'traceloop.prompt.key',
        'langfuse.observation.prompt.name', 'langfuse.prompt.name', 'ai.telemetry.metadata.langfusePrompt#name',
        'langsmith.metadata.lc_hub_repo', 'spanmart.derived.prompt_name', '@prompt_name']],
    'prompt_version': ['varchar', ['spanmart.prompt.version', 'gen_ai.prompt.version', 'llm.prompt_template.version',
        'traceloop.prompt.version_name', 'traceloop.prompt.version', 'langfuse.observation.prompt.version',
        'langfuse.prompt.version', 'ai.telemetry.metadata.langfusePrompt#version',
        'langsmith.metadata.lc_hub_commit_hash', 'spanmart.derived.prompt_version', '@prompt_version']],
    'system_prompt_version': ['varchar', ['spanmart.system_prompt.version']],
    'policy_version': ['varchar', ['spanmart.policy.version']],
    'tool_instruction_version': ['varchar', ['spanmart.tool_instruction.version']],
    'tool_schema_version': ['varchar', ['spanmart.tool_schema.version']],
    'guardrail_version': ['varchar', ['spanmart.guardrail.version', 'aws.bedrock.guardrail.id']],

    'model_provider': ['varchar', ['gen_ai.provider.name', 'gen_ai.system', 'llm.provider', 'llm.system', 'ai.model.provider',
        'mlflow.llm.provider', 'langsmith.metadata.ls_provider', 'decision.provider', 'decision.system']],
    'model_requested': ['varchar', ['gen_ai.request.model', 'llm.request.model_name', 'llm.request.model',
        'llm.invocation_parameters#model', 'llm.model_name', 'embedding.model_name', 'reranker.model_name', 'ai.model.id',
        'langfuse.observation.model.name', 'mlflow.llm.model', 'langsmith.metadata.ls_model_name',
        'decision.request.model_name', 'decision.model_name', 'llm.None.model', 'ai.model_id', 'model']],
    'model_used': ['varchar', ['gen_ai.response.model', 'llm.response.model_name', 'llm.model_name',
        'embedding.model_name', 'reranker.model_name', 'ai.response.model', 'langfuse.observation.model.name',
        'decision.response.model_name', 'decision.model_name']],
    'api_mode': ['varchar', ['spanmart.api.mode', 'openai.api.type', 'gen_ai.openai.api.type']],
    'service_tier': ['varchar', ['openai.response.service_tier', 'gen_ai.openai.response.service_tier',
        'openai.request.service_tier', 'gen_ai.openai.request.service_tier',
        'anthropic.response.service_tier']],
    'is_streaming': ['boolean', ['gen_ai.request.stream', 'gen_ai.is_streaming', 'llm.is_streaming',
        'llm.invocation_parameters#stream', 'gen_ai.request.is_stream', 'langsmith.request.streaming',
        'langfuse.observation.model.parameters#stream', 'ai.streaming', 'stream']],
    'temperature': ['double', ['gen_ai.request.temperature', 'llm.request.temperature',
        'llm.invocation_parameters#temperature', 'ai.settings.temperature',
        'langfuse.observation.model.parameters#temperature', 'langsmith.metadata.ls_temperature']],
    'top_p': ['double', ['gen_ai.request.top_p', 'llm.top_p', 'llm.invocation_parameters#top_p', 'ai.settings.topP',
        'langfuse.observation.model.parameters#top_p']],
    'max_tokens': ['bigint', ['gen_ai.request.max_tokens', 'llm.request.max_tokens',
        'llm.invocation_parameters#max_tokens', 'llm.invocation_parameters#max_completion_tokens',
        'llm.invocation_parameters#max_output_tokens', 'ai.settings.maxOutputTokens', 'ai.settings.maxTokens',
        'langfuse.observation.model.parameters#max_tokens',
        'langfuse.observation.model.parameters#max_completion_tokens',
        'langfuse.observation.model.parameters#max_output_tokens', 'langsmith.metadata.ls_max_tokens',
        'max_completion_tokens', 'max_tokens']],
    'response_id': ['varchar', ['gen_ai.response.id', 'llm.response.id', 'ai.response.id', 'ai.generation_id',
        'spanmart.derived.response_id']],
    'finish_reasons': ['varchar', ['gen_ai.response.finish_reasons', 'gen_ai.response.finish_reason',
        'llm.finish_reason', 'llm.response.finish_reason', 'llm.response.stop_reason',
        'anthropic.message.stop_reason', 'llm.anthropic.stop_reason',
        'ai.response.finishReason', 'ai.finishReason', 'langfuse.observation.metadata.finish_reason', 'ai.finish_reason',
        'stop_reason', 'spanmart.derived.finish_reasons', 'gen_ai.completion.0.finish_reason',
        'llm.completions.0.finish_reason', 'gen_ai.response.stop_reason']],
    'response_status': ['varchar', ['gen_ai.response.status']],
    'time_to_first_token_ms': ['double', ['spanmart.model.time_to_first_token_ms',
        'gen_ai.response.time_to_first_chunk*1000', 'gen_ai.client.operation.time_to_first_chunk*1000',
        'spanmart.derived.time_to_first_token_ms', 'ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk', 'ttft_ms',
        'lk.response.ttft*1000', 'gen_ai.response.time_to_first_token*1000', 'gen_ai.server.time_to_first_token*1000',
        'gen_ai.server.ttft*1000']],
    'queue_ms': ['double', ['spanmart.model.queue_ms']],
    'retry_count': ['bigint', ['spanmart.retry.count', 'http.request.resend_count']],
    'attempt_number': ['bigint', ['spanmart.attempt.number', 'attempt']],
    'cache_status': ['varchar', ['spanmart.cache.status']],
    'tool_calls_proposed': ['bigint', ['spanmart.model.tool_calls_proposed', 'spanmart.derived.tool_calls_proposed']],
    'output_schema_version': ['varchar', ['spanmart.model.output_schema_version']],
    'is_output_parsed': ['boolean', ['spanmart.model.is_output_parsed']],
    'is_moderation_blocked': ['boolean', ['spanmart.model.is_blocked']],
    'provided_cost_usd': ['decimal(38, 12)', ['gen_ai.usage.cost', 'llm.cost.total', 'operation.cost',
        'gen_ai.cost.total_cost', 'gen_ai.usage.total_cost', 'gen_ai.cost.total_tokens', 'ai.total_cost',
        'spanmart.derived.provided_cost_usd']],

    'usage_input': ['bigint', ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.token_count.prompt',
        'llm.usage.prompt_tokens', 'ai.usage.inputTokens', 'ai.usage.promptTokens',
        'decision.token_count.input', 'ai.prompt_tokens.used', 'input_tokens', 'spanmart.derived.usage.input_tokens']],
    'usage_output': ['bigint', ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens',
        'llm.token_count.completion', 'llm.usage.completion_tokens', 'ai.usage.outputTokens',
        'ai.usage.completionTokens', 'decision.token_count.output', 'ai.completion_tokens.used', 'output_tokens',
        'spanmart.derived.usage.output_tokens']],
    'usage_total': ['bigint', ['gen_ai.usage.total_tokens', 'llm.token_count.total', 'llm.usage.total_tokens',
        'ai.usage.totalTokens', 'ai.total_tokens.used', 'spanmart.derived.usage.total_tokens']],
    'usage_cache_read': ['bigint', ['gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_read_input_tokens',
        'gen_ai.usage.cache_read_tokens', 'gen_ai.usage.details.cache_read_tokens',
        'gen_ai.usage.details.cache_read_input_tokens', 'gen_ai.usage.details.cached_tokens',
        'gen_ai.usage.input_cached_tokens', 'gen_ai.usage.input_tokens.cached',
        'llm.token_count.prompt_details.cache_read', 'llm.token_count.prompt_details.cache_input',
        'llm.usage.cache_read_input_tokens', 'gen_ai.usage.prompt_tokens_details.cache_read',
        'gen_ai.usage.cached_input_tokens', 'ai.usage.inputTokenDetails.cacheReadTokens', 'ai.usage.cachedInputTokens',
        'cache_read_tokens', 'cache_read_input_tokens', 'spanmart.derived.usage.cache_read.input_tokens']],
    'usage_cache_write': ['bigint', ['gen_ai.usage.cache_write.input_tokens', 'gen_ai.usage.cache_creation.input_tokens',
        'gen_ai.usage.cache_creation_input_tokens', 'gen_ai.usage.cache_write_tokens',
        'gen_ai.usage.details.cache_write_tokens', 'gen_ai.usage.details.cache_creation_input_tokens',
        'gen_ai.usage.input_cache_creation', 'llm.token_count.prompt_details.cache_write',
        'llm.usage.cache_creation_input_tokens', 'gen_ai.usage.cache_write_input_tokens',
        'gen_ai.usage.prompt_tokens_details.cache_write', 'gen_ai.usage.input_tokens.cache_write',
        'ai.usage.inputTokenDetails.cacheWriteTokens', 'cache_creation_tokens', 'cache_creation_input_tokens',
        'spanmart.derived.usage.cache_write.input_tokens']],
    'usage_cache_write_5m': ['bigint', ['spanmart.usage.cache_write_5m.input_tokens',
        'anthropic.usage.cache_creation.ephemeral_5m_input_tokens',
        'gen_ai.usage.cache_creation.ephemeral_5m_input_tokens',
        'spanmart.derived.usage.cache_write_5m.input_tokens']],
    'usage_cache_write_1h': ['bigint', ['spanmart.usage.cache_write_1h.input_tokens',
        'anthropic.usage.cache_creation.ephemeral_1h_input_tokens',
        'gen_ai.usage.cache_creation.ephemeral_1h_input_tokens',
        'spanmart.derived.usage.cache_write_1h.input_tokens']],
    'usage_reasoning': ['bigint', ['gen_ai.usage.reasoning.output_tokens', 'gen_ai.usage.reasoning_tokens',
        'gen_ai.usage.details.reasoning_tokens', 'gen_ai.usage.output_tokens.reasoning',
        'llm.token_count.completion_details.reasoning', 'llm.usage.reasoning_tokens',
        'gen_ai.usage.completion_tokens_details.reasoning', 'ai.usage.outputTokenDetails.reasoningTokens',
        'ai.usage.reasoningTokens', 'spanmart.derived.usage.reasoning.output_tokens']],
    'usage_input_audio': ['bigint', ['gen_ai.usage.audio.input_tokens', 'llm.token_count.prompt_details.audio',
        'gen_ai.usage.prompt_tokens_details.audio', 'gen_ai.usage.details.input_audio_tokens',
        'spanmart.derived.usage.audio.input_tokens']],
    'usage_output_audio': ['bigint', ['gen_ai.usage.audio.output_tokens', 'llm.token_count.completion_details.audio',
        'gen_ai.usage.completion_tokens_details.audio', 'gen_ai.usage.details.output_audio_tokens',
        'spanmart.derived.usage.audio.output_tokens']],
    'is_usage_estimated': ['boolean', ['spanmart.usage.is_estimated']],

    'retriever_type': ['varchar', ['spanmart.retrieval.type', 'db.system']],
    'retriever_version': ['varchar', ['spanmart.retriever.version', '@retriever_version']],
    'index_version': ['varchar', ['spanmart.index.version', 'gen_ai.data_source.id', 'aws.bedrock.knowledge_base.id']],
    'index_snapshot_at': ['timestamp', ['spanmart.index.snapshot_at']],
    'embedding_model': ['varchar', ['spanmart.embedding.model']],
    'query_variant': ['varchar', ['spanmart.query.variant']],
    'top_k_requested': ['bigint', ['gen_ai.retrieval.top_k', 'gen_ai.request.top_k', 'db.vector.query.top_k',
        'reranker.top_k', 'llm.None.top_n']],
    'top_k_returned': ['bigint', ['spanmart.retrieval.top_k_returned']],
    'sub_stage_ms': ['varchar', ['spanmart.retrieval.sub_stage_ms']],
    'filtered_by_acl_count': ['bigint', ['spanmart.retrieval.filtered_by_acl_count']],
    'metadata_filters': ['varchar', ['spanmart.retrieval.metadata_filters']],
    'acl_filters': ['varchar', ['spanmart.retrieval.acl_filters']],
    'document_list': ['varchar', ['gen_ai.retrieval.documents', 'spanmart.derived.documents']],
    'document_ids': ['varchar', ['spanmart.documents.ids']],
    'chunk_ids': ['varchar', ['spanmart.documents.chunk_ids']],
    'document_scores': ['varchar', ['spanmart.documents.scores']],
    'document_source_types': ['varchar', ['spanmart.documents.source_types']],

    'reranker_version': ['varchar', ['spanmart.reranker.version']],
    'candidate_count': ['bigint', ['spanmart.rerank.candidate_count']],
    'top_n_selected': ['bigint', ['spanmart.rerank.top_n_selected', 'reranker.top_k']],
    'changed_rank_count': ['bigint', ['spanmart.rerank.changed_rank_count']],
    'score_delta_mean': ['double', ['spanmart.rerank.score_delta_mean']],

    'vector_dimension': ['bigint', ['gen_ai.embeddings.dimension.count',
        'embedding.invocation_parameters#dimensions']],
    'input_length': ['bigint', ['spanmart.embedding.input_length']],
    'is_input_truncated': ['boolean', ['spanmart.embedding.is_input_truncated']],

    'rewrite_strategy_version': ['varchar', ['spanmart.query_rewrite.strategy_version']],
    'original_query_hash': ['varchar', ['spanmart.query_rewrite.original_query_hash']],
    'decomposition_steps': ['varchar', ['spanmart.query_rewrite.decomposition_steps']],
    'subquery_count': ['bigint', ['spanmart.query_rewrite.subquery_count']],

    'classifier_model': ['varchar', ['spanmart.routing.classifier_model']],
    'classifier_version': ['varchar', ['spanmart.routing.classifier_version']],
    'labels': ['varchar', ['spanmart.routing.labels']],
    'label_confidences': ['varchar', ['spanmart.routing.label_confidences']],
    'route_policy_version': ['varchar', ['spanmart.routing.policy_version']],
    'candidate_models': ['varchar', ['spanmart.routing.candidate_models']],
    'selected_model': ['varchar', ['spanmart.routing.selected_model']],
    'selected_provider': ['varchar', ['spanmart.routing.selected_provider']],
    'selection_reason': ['varchar', ['spanmart.routing.reason']],
    'expected_cost_usd': ['decimal(38, 12)', ['spanmart.routing.expected_cost_usd']],
    'fallback_chain': ['varchar', ['spanmart.routing.fallback_chain']],
    'is_fallback': ['boolean', ['spanmart.is_fallback']],

    'context_selection_policy': ['varchar', ['spanmart.prompt_assembly.context_selection_policy']],
    'token_budget': ['bigint', ['spanmart.prompt_assembly.token_budget']],
    'system_tokens': ['bigint', ['spanmart.prompt_assembly.system_tokens']],
    'history_tokens': ['bigint', ['spanmart.prompt_assembly.history_tokens']],
    'context_tokens': ['bigint', ['spanmart.prompt_assembly.context_tokens']],
    'tool_schema_tokens': ['bigint', ['spanmart.prompt_assembly.tool_schema_tokens']],
    'user_tokens': ['bigint', ['spanmart.prompt_assembly.user_tokens']],
    'is_truncated': ['boolean', ['spanmart.prompt_assembly.is_truncated']],
    'truncation_events': ['bigint', ['spanmart.prompt_assembly.truncation_events']],
    'included_chunk_ids': ['varchar', ['spanmart.prompt_assembly.included_chunk_ids']],
    'excluded_chunk_ids': ['varchar', ['spanmart.prompt_assembly.excluded_chunk_ids']],
    'exclusion_reasons': ['varchar', ['spanmart.prompt_assembly.exclusion_reasons']],
    'citation_mapping_ids': ['varchar', ['spanmart.prompt_assembly.citation_mapping_ids']],

    'planner_version': ['varchar', ['spanmart.tool_planning.planner_version']],
    'tools_available': ['varchar', ['spanmart.tools.available']],
    'tool_selected': ['varchar', ['spanmart.tool_planning.tool_selected']],
    'rationale_category': ['varchar', ['spanmart.tool_planning.rationale_category']],

    'tool_name': ['varchar', ['gen_ai.tool.name', 'tool.name', 'tool_call.function.name', 'mcp.tool.name',
        'ai.toolCall.name', 'tool_name', 'lk.function_tool.name', 'traceloop.entity.name']],
    'tool_version': ['varchar', ['spanmart.tool.version']],
    'tool_call_id': ['varchar', ['gen_ai.tool.call.id', 'tool_call.id', 'tool.id', 'ai.toolCall.id', 'tool_use_id',
        'lk.function_tool.id']],
    'arguments_hash': ['varchar', ['spanmart.tool.arguments_hash']],
    'is_success': ['boolean', ['spanmart.tool.is_success', 'success']],
    'error_category': ['varchar', ['spanmart.tool.error_category']],
    'timeout_ms': ['double', ['spanmart.tool.timeout_ms']],
    'result_bytes': ['bigint', ['spanmart.tool.result_bytes']],
    'downstream_dependency': ['varchar', ['spanmart.tool.downstream_dependency', 'peer.service']],
    'auth_context_type': ['varchar', ['spanmart.tool.auth_context_type']],
    'response_code': ['varchar', ['spanmart.tool.response_code', 'http.response.status_code']],
    'returned_state': ['varchar', ['spanmart.tool.returned_state']],
    'is_state_changing': ['boolean', ['spanmart.tool.is_state_changing']],

    'validator_name': ['varchar', ['spanmart.validator.name']],
    'validator_kind': ['varchar', ['spanmart.validator.kind']],
    'validator_version': ['varchar', ['spanmart.validator.version']],
    'is_passed': ['boolean', ['spanmart.validator.is_passed']],
    'repair_attempts': ['bigint', ['spanmart.validator.repair_attempts']],
    'filtered_categories': ['varchar', ['spanmart.validator.filtered_categories']],
    'confidence': ['double', ['spanmart.confidence']],
    'cited_chunk_ids': ['varchar', ['spanmart.citations.chunk_ids']],
    'claim_count': ['bigint', ['spanmart.citations.claim_count']],

    'event_kind': ['varchar', ['spanmart.delivery.event']],
    'is_render_error': ['boolean', ['spanmart.delivery.is_render_error']],
    'first_token_shown_ms': ['double', ['spanmart.delivery.first_token_shown_ms']],

} -%}
{%- set expanded = {} -%}
{%- for field, (type, keys) in aliases.items() if only is none or field == only -%}
    {%- set names = [] -%}
    {%- for key in keys -%}
        {%- if not key.startswith('@') -%}
            {%- do names.append(key) -%}
        {%- else -%}
            {%- for place in metadata_places -%}
                {%- do names.append(place ~ key[1:]) -%}
            {%- endfor -%}
            {%- set words = key[1:].split('_') -%}
            {%- if words | length > 1 -%}
                {%- set camel = [words[0]] -%}
                {%- for word in words[1:] -%}{%- do camel.append(word | capitalize) -%}{%- endfor -%}
                {%- for place in camel_case_places -%}
                    {%- do names.append(place ~ camel | join('')) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do expanded.update({field: [type, names | unique | list]}) -%}
{%- endfor -%}
{% do return(expanded) %}
{% endmacro %}
