"""Attribute names whose dots a store wrote as underscores, put right again.

X-Ray's annotations and BigQuery's columns have letters, digits and underscores only, so that
`gen_ai.usage.input_tokens` came out as `gen_ai_usage_input_tokens`. Which underscores were dots
cannot be told from a name; it is known for names of the conventions. Any other name stays as it
is. The content of messages must be among them: landing moves it out by its name.
"""

from __future__ import annotations

# Names of OpenTelemetry, OpenInference and OpenLLMetry that models or landing know.
_TEXT = """
gen_ai.agent.id gen_ai.agent.name gen_ai.agent.description gen_ai.agent.version
gen_ai.completion gen_ai.conversation.id gen_ai.cost.total_cost gen_ai.data_source.id
gen_ai.embeddings.dimension.count gen_ai.evaluation.explanation gen_ai.evaluation.name
gen_ai.evaluation.score.label gen_ai.evaluation.score.value gen_ai.input.messages
gen_ai.openai.request.service_tier gen_ai.openai.response.service_tier gen_ai.operation.name
gen_ai.output.messages gen_ai.output.type gen_ai.prompt gen_ai.prompt.name gen_ai.prompt.version
gen_ai.provider.name gen_ai.request.choice.count gen_ai.request.frequency_penalty
gen_ai.request.max_tokens gen_ai.request.model gen_ai.request.presence_penalty
gen_ai.request.seed gen_ai.request.stop_sequences gen_ai.request.stream
gen_ai.request.temperature gen_ai.request.top_k gen_ai.request.top_p
gen_ai.response.finish_reason gen_ai.response.finish_reasons gen_ai.response.id
gen_ai.response.model gen_ai.response.status gen_ai.response.time_to_first_chunk
gen_ai.retrieval.documents gen_ai.retrieval.query.text gen_ai.retrieval.top_k gen_ai.system
gen_ai.system_instructions gen_ai.tool.call.arguments gen_ai.tool.call.id gen_ai.tool.call.result
gen_ai.tool.definitions gen_ai.tool.description gen_ai.tool.name gen_ai.tool.type
gen_ai.usage.cache_creation.input_tokens gen_ai.usage.cache_read.input_tokens
gen_ai.usage.cache_write.input_tokens gen_ai.usage.completion_tokens gen_ai.usage.cost
gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.usage.prompt_tokens
gen_ai.usage.reasoning.output_tokens gen_ai.usage.reasoning_tokens gen_ai.usage.total_tokens
gen_ai.workflow.name
llm.cost.completion llm.cost.prompt llm.cost.total llm.finish_reason llm.invocation_parameters
llm.model_name llm.prompt_template.template llm.prompt_template.variables
llm.prompt_template.version llm.provider llm.request.type llm.system llm.token_count.completion
llm.token_count.completion_details.reasoning llm.token_count.prompt
llm.token_count.prompt_details.cache_read llm.token_count.prompt_details.cache_write
llm.token_count.total llm.usage.total_tokens
openinference.span.kind openinference.project.name
input.value input.mime_type output.value output.mime_type embedding.model_name
reranker.model_name reranker.query reranker.top_k tool.name tool.description tool.parameters
tool_call.id tag.tags session.id user.id enduser.id error.type exception.type exception.message
exception.stacktrace server.address server.port service.name service.version service.namespace
service.instance.id deployment.environment deployment.environment.name telemetry.sdk.name
telemetry.sdk.language telemetry.sdk.version otel.scope.name otel.scope.version
otel.library.name otel.library.version otel.status_code otel.status_description
http.request.method http.response.status_code http.status_code url.full url.path
traceloop.entity.input traceloop.entity.name traceloop.entity.output traceloop.entity.path
traceloop.entity.version traceloop.span.kind traceloop.workflow.name traceloop.prompt.key
traceloop.prompt.version traceloop.prompt.version_name operation.cost
"""
_NAMES = tuple(_TEXT.split())

_PREFIXES = "gen_ai_|llm_|retrieval_|reranker_|embedding_|traceloop_"
# What begins a name of a convention, with dots or with underscores.
CONVENTIONS = "^(gen_ai|llm|retrieval|reranker|embedding|traceloop|input|output|tool)[._]"
_FAMILIES = {
    r"gen_ai_(prompt|completion)_(\d+)_(role|content|finish_reason|tool_call_id)": (
        r"gen_ai.\1.\2.\3"
    ),
    r"gen_ai_(prompt|completion)_(\d+)_tool_calls_(\d+)_(id|name|arguments)": (
        r"gen_ai.\1.\2.tool_calls.\3.\4"
    ),
    r"gen_ai_prompt_variable_(.+)": r"gen_ai.prompt.variable.\1",
    r"llm_(input|output)_messages_(\d+)_message_(role|content|name|tool_call_id)": (
        r"llm.\1_messages.\2.message.\3"
    ),
    r"llm_(input|output)_messages_(\d+)_message_contents_(\d+)_message_content_(type|text|id)": (
        r"llm.\1_messages.\2.message.contents.\3.message_content.\4"
    ),
    r"llm_(input|output)_messages_(\d+)_message_tool_calls_(\d+)_tool_call_id": (
        r"llm.\1_messages.\2.message.tool_calls.\3.tool_call.id"
    ),
    (
        r"llm_(input|output)_messages_(\d+)_message_tool_calls_(\d+)_tool_call_function"
        r"_(name|arguments)"
    ): r"llm.\1_messages.\2.message.tool_calls.\3.tool_call.function.\4",
    r"(retrieval)_documents_(\d+)_document_(id|score|content|metadata)": (
        r"\1.documents.\2.document.\3"
    ),
    r"reranker_(input|output)_documents_(\d+)_document_(id|score|content|metadata)": (
        r"reranker.\1_documents.\2.document.\3"
    ),
    r"embedding_embeddings_(\d+)_embedding_(text|vector)": r"embedding.embeddings.\1.embedding.\2",
    r"llm_tools_(\d+)_tool_(json_schema|description|name)": r"llm.tools.\1.tool.\2",
    r"traceloop_association_properties_(.+)": r"traceloop.association.properties.\1",
}


def _restored(key: str) -> str:
    """SQL for the dotted name of a key (an SQL expression)."""
    known = ", ".join(f"'{name.replace('.', '_')}': '{name}'" for name in _NAMES)
    families = key
    for pattern, name in _FAMILIES.items():
        families = f"regexp_replace({families}, '^{pattern}$', '{name}')"
    return f"""
        coalesce(
            map {{{known}}}[lower({key})],
            case when regexp_matches({key}, '^({_PREFIXES})') then {families} end,
            {key}
        )
    """


def restored(texts: str) -> str:
    """SQL for a map (an SQL expression) with the names of its keys restored."""
    return f"""
        keyed(list_transform(map_entries({texts}), lambda pair: {{
            'key': {_restored("pair.key")}, 'value': pair.value
        }}))
    """
