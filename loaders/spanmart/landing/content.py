"""Which attributes are content: the one list of rules, and what kind of artifact each becomes.

Content leaves the attributes for the artifacts table before anything is written. First match wins.
`<n>` stands for an index. A rule is a pattern over the whole key.
"""

from __future__ import annotations

import re
from functools import cache

PROMPT = "prompt"
RESPONSE = "response"
SYSTEM_INSTRUCTIONS = "system_instructions"
TOOL_ARGUMENTS = "tool_arguments"
TOOL_RESULT = "tool_result"
TOOL_DEFINITIONS = "tool_definitions"
DOCUMENT = "document"
EMBEDDING = "embedding"
COMMENT = "comment"
LOG_BODY = "log_body"
OTHER = "other"

_RULES: tuple[tuple[str, str], ...] = (
    # OpenTelemetry GenAI, current names
    (r"gen_ai\.input\.messages", PROMPT),
    (r"gen_ai\.output\.messages", RESPONSE),
    (r"gen_ai\.system_instructions", SYSTEM_INSTRUCTIONS),
    (r"gen_ai\.tool\.call\.arguments", TOOL_ARGUMENTS),
    (r"gen_ai\.tool\.call\.result", TOOL_RESULT),
    (r"gen_ai\.tool\.definitions", TOOL_DEFINITIONS),
    (r"gen_ai\.(?:retrieval|memory)\.query\.text", PROMPT),
    (r"gen_ai\.memory\.records", DOCUMENT),
    (r"gen_ai\.prompt\.variable\..+", PROMPT),
    (r"gen_ai\.evaluation\.explanation", COMMENT),
    # earlier generations of it, and OpenLLMetry: whole, or flattened by index. `gen_ai.prompt.name`
    # and `.version` are identity, and roles, ids and names inside a message are structure: they
    # stay.
    (r"gen_ai\.prompt", PROMPT),
    (r"gen_ai\.completion", RESPONSE),
    (
        r"gen_ai\.(?:prompt|completion)\.<n>\.tool_calls\.<n>"
        r"\.(?:function\.)?arguments",
        TOOL_ARGUMENTS,
    ),
    (r"gen_ai\.prompt\.<n>\.(?:content|reasoning|refusal)(?:\..+)?", PROMPT),
    (r"gen_ai\.completion\.<n>\.(?:content|reasoning|refusal)(?:\..+)?", RESPONSE),
    (r"llm\.request\.functions\.<n>\.(?:description|parameters|arguments)", TOOL_DEFINITIONS),
    (r"gen_ai\.(?:system|user|assistant)\.message(?:\.content)?", PROMPT),
    (r"gen_ai\.tool\.message(?:\.content)?", TOOL_RESULT),
    (r"gen_ai\.choice(?:\.(?:message|content))?", RESPONSE),
    (r"traceloop\.entity\.input", PROMPT),
    (r"traceloop\.entity\.output", RESPONSE),
    (r"gen_ai\.task\.input", PROMPT),
    (r"gen_ai\.task\.output", RESPONSE),
    (r"traceloop\.prompt\.(?:template|template_variables)", PROMPT),
    (r"mcp\.(?:request\.argument|response\.value)", OTHER),
    (r"db\.query\.result\.(?:document|metadata)", DOCUMENT),
    (r"db\.query\.(?:result|embeddings)\.vector", EMBEDDING),
    # OpenInference
    (r"input\.value", PROMPT),
    (r"output\.value", RESPONSE),
    (
        r"llm\.(?:input|output)_messages\.<n>\.message\.tool_calls\.<n>"
        r"\.tool_call\.function\.arguments",
        TOOL_ARGUMENTS,
    ),
    (r"llm\.(?:input|output)_messages\.<n>\.message\.function_call_arguments_json", TOOL_ARGUMENTS),
    (
        r"llm\.input_messages\.<n>\.message\.content(?:s\.<n>"
        r"\.message_content\.(?!type$|id$).+)?",
        PROMPT,
    ),
    (
        r"llm\.output_messages\.<n>\.message\.content(?:s\.<n>"
        r"\.message_content\.(?!type$|id$).+)?",
        RESPONSE,
    ),
    (r"llm\.input_messages", PROMPT),
    (r"llm\.output_messages", RESPONSE),
    (r"retrieval\.documents|reranker\.(?:input|output)_documents", DOCUMENT),
    (r"llm\.prompts(?:\.<n>(?:\.prompt\.text)?)?", PROMPT),
    (r"llm\.choices(?:\.<n>\.completion\.text)?", RESPONSE),
    (r"llm\.function_call", TOOL_ARGUMENTS),
    (r"llm\.tools(?:\.<n>\.tool\.(?:json_schema|description))?", TOOL_DEFINITIONS),
    (r"llm\.prompt_template\.(?:template|variables)", PROMPT),
    (r"tool\.(?:parameters|json_schema|description)", TOOL_DEFINITIONS),
    (
        r"(?:retrieval\.documents|reranker\.(?:input|output)_documents|(?:in|out)put\.documents)\.<n>\.document\.(?:content|url"
        r")",
        DOCUMENT,
    ),
    (r"reranker\.query", PROMPT),
    (r"(?:in|out)put\.(?:images|audio|videos?)\.<n>\..+", OTHER),
    (r"embedding\.embeddings\.<n>\.embedding\.text", PROMPT),
    (r"embedding\.embeddings\.<n>\.embedding\.vector", EMBEDDING),
    (r"embedding\.(?:text|vector)", EMBEDDING),
    (
        r"(?:trace\.|session\.)?(?:annotations|evaluations)\.<n>"
        r"\.(?:annotation|evaluation)\.explanation",
        COMMENT,
    ),
    # Vercel AI SDK
    (r"ai\.prompt(?:\.messages)?|ai\.values?", PROMPT),
    (r"ai\.prompt\.(?:tools|toolChoice)|ai\.schema|schema\.description", TOOL_DEFINITIONS),
    (r"ai\.(?:response|result)\.(?:text|object|reasoning|files|body)", RESPONSE),
    (r"ai\.(?:response|result)\.toolCalls|ai\.toolCall\.args", TOOL_ARGUMENTS),
    (r"ai\.toolCall\.result", TOOL_RESULT),
    (r"ai\.request\.body", PROMPT),
    (r"ai\.embeddings?", EMBEDDING),
    (r"ai\.documents", DOCUMENT),
    # Langfuse, LangSmith, MLflow
    (r"langfuse\.(?:observation|trace)\.input", PROMPT),
    (r"langfuse\.(?:observation|trace)\.output", RESPONSE),
    (r"langfuse\.experiment\.item\.(?:expected_output|metadata)", OTHER),
    (r"langsmith\.(?:span\.)?inputs?", PROMPT),
    (r"langsmith\.(?:span\.)?outputs?", RESPONSE),
    (r"gen_ai\.serialized\..+", OTHER),
    (r"mlflow\.(?:spanInputs|traceInputs|chat\.messages)", PROMPT),
    (r"mlflow\.(?:spanOutputs|traceOutputs)", RESPONSE),
    (r"mlflow\.chat\.tools", TOOL_DEFINITIONS),
    # Google ADK, Genkit, LiveKit, Flue
    (r"gcp\.vertex\.agent\.llm_request", PROMPT),
    (r"gcp\.vertex\.agent\.llm_response", RESPONSE),
    (r"gcp\.vertex\.agent\.(?:tool_call_args|data)", TOOL_ARGUMENTS),
    (r"gcp\.vertex\.agent\.tool_response", TOOL_RESULT),
    (r"genkit:input", PROMPT),
    (r"genkit:output", RESPONSE),
    (r"lk\.(?:user_input|chat_ctx|input_text|user_transcript)", PROMPT),
    (r"lk\.instructions", SYSTEM_INSTRUCTIONS),
    (r"lk\.response\.text", RESPONSE),
    (r"lk\.response\.function_calls|lk\.function_tool\.arguments", TOOL_ARGUMENTS),
    (r"lk\.function_tool\.output", TOOL_RESULT),
    (r"lk\.function_tools", TOOL_DEFINITIONS),
    (r"flue\.(?:.+\.)?(?:input|prompt|messages|instructions)", PROMPT),
    (r"flue\.(?:.+\.)?(?:output|result|response)", RESPONSE),
    # Logfire, Pydantic AI
    (r"(?:pydantic_ai\.)?all_messages(?:_events)?|events|model_request_parameters", PROMPT),
    (r"final_result|response_data", RESPONSE),
    (r"request_data", PROMPT),
    (r"tool_arguments", TOOL_ARGUMENTS),
    (r"tool_response", TOOL_RESULT),
    # Claude Code
    (r"user_prompt|user_system_prompt|system_prompt", PROMPT),
    (r"full_command|tool_input|tool_parameters", TOOL_ARGUMENTS),
    (r"tool_output|tool_result", TOOL_RESULT),
    # CrewAI
    (
        r"crewai\.(?:crew|task|agent)\.(?:tasks|agents|description|expected_output|backstory|goal"
        r"|context|(?:system|prompt|response)_template|tools)",
        PROMPT,
    ),
    (r"crewai\.(?:crew|task|agent)\.(?:result|output|tasks_output|tools_results)", RESPONSE),
    (r"crew_(?:inputs|agents|tasks)|formatted_(?:description|expected_output)", PROMPT),
    (r"crew_output|crew_tasks_output|task_output", RESPONSE),
    # OpenLIT, Sentry
    (r"gen_ai\.content\.(?:prompt|revised_prompt)", PROMPT),
    (r"gen_ai\.content\.(?:completion|response|reasoning)", RESPONSE),
    (r"gen_ai\.request\.messages|ai\.input_messages|ai\.texts", PROMPT),
    (r"gen_ai\.request\.(?:available_tools|tools)|gen_ai\.request\.functions", TOOL_DEFINITIONS),
    (r"gen_ai\.response\.(?:text|object)|ai\.responses", RESPONSE),
    (r"gen_ai\.response\.tool_calls|gen_ai\.tool\.input|ai\.tool_calls", TOOL_ARGUMENTS),
    (r"gen_ai\.tool\.output", TOOL_RESULT),
    # LiteLLM's `llm.<provider>.messages`; `llm.token_count.prompt` is a number of OpenInference.
    (
        r"llm\.(?!token_count\.|usage\.|cost\.)"
        r"[A-Za-z0-9_-]+\.(?:messages|tools|input|prompt|query|system)",
        PROMPT,
    ),
    (r"llm\.[A-Za-z0-9_-]+\.documents", DOCUMENT),
    (r"llm\.[A-Za-z0-9_-]+\.(?:choices|output|content)", RESPONSE),
    # one documented set of names for what no convention names
    (r"spanmart\.(?:.+\.)?(?:comment|explanation)", COMMENT),
    (r"spanmart\.(?:.+\.)?query\.text", PROMPT),
    (r"exception\.stacktrace|error\.stack(?:_?trace)?|code\.stacktrace", OTHER),
)  # fmt: skip

# Long values of these stay attributes, because models read them. They are lists and numbers, not
# prose.
_KEPT_HOWEVER_LONG = re.compile(
    r"gen_ai\.retrieval\.documents|gen_ai\.response\.finish_reasons|metadata|llm\.invocation_parameters"
    r"|tag\.tags|spanmart\..+"
)

# The body of a log record is content; its event's name says of which kind.
_BODY_KINDS = {
    "gen_ai.system.message": SYSTEM_INSTRUCTIONS,
    "gen_ai.user.message": PROMPT,
    "gen_ai.assistant.message": PROMPT,
    "gen_ai.tool.message": TOOL_RESULT,
    "gen_ai.choice": RESPONSE,
}
# What an attribute of such an event holds in place of a body; Strands adds a tool's result.
_MESSAGE_PARTS = frozenset(
    ("content", "message", "tool_calls", "arguments", "reasoning", "tool.result", "function_call")
)


@cache
def artifact_kind(key: str) -> str | None:
    """The kind of artifact that the attribute's value is; None for one that stays an attribute."""
    match = _pattern().fullmatch(key)
    return _RULES[int(str(match.lastgroup)[1:])][1] if match else None


@cache
def is_kept_however_long(key: str) -> bool:
    return _KEPT_HOWEVER_LONG.fullmatch(key) is not None


def body_kind(event_name: str | None) -> str:
    return _BODY_KINDS.get(event_name or "", LOG_BODY)


def event_attribute_kind(event_name: str, key: str) -> str | None:
    """As `artifact_kind`, for attributes of a span event: messages may stand there under short
    names."""
    if event_name in _BODY_KINDS and key in _MESSAGE_PARTS:
        return _BODY_KINDS[event_name]
    return artifact_kind(key)


@cache
def _pattern() -> re.Pattern[str]:
    rules = (
        f"(?P<r{number}>{rule.replace('<n>', '[0-9]+')})" for number, (rule, _) in enumerate(_RULES)
    )
    return re.compile("|".join(rules))
