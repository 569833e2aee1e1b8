"""Calls as observability platforms and their SDKs write them."""

from __future__ import annotations

import json

from dialect_cases import CACHED, Dialect, Event, said

DIALECTS_OF_PLATFORMS = [
    Dialect(
        "langfuse with disjoint buckets",
        "langfuse-sdk",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "claude-sonnet-4-5",
            "langfuse.observation.usage_details": json.dumps(
                {
                    "input": 20,
                    "input_cached_tokens": 60,
                    "input_cache_creation_5m": 40,
                    "output": 10,
                    "output_reasoning_tokens": 20,
                    "total": 150,
                }
            ),
            "langfuse.observation.cost_details": json.dumps({"input": 0, "output": 0, "total": 0}),
            "langfuse.observation.completion_start_time": '"2026-09-21T14:13:20.500000Z"',
            "langfuse.observation.prompt.name": "answer",
            "langfuse.observation.prompt.version": 3,
            "langfuse.observation.level": "ERROR",
            "langfuse.observation.status_message": "the tool gave up",
            "langfuse.trace.metadata.tenant": '"acme"',
            "session.id": "session-2",
        },
        said(
            model_used="claude-sonnet-4-5",
            cache_read_tokens=60,
            cache_write_tokens=40,
            input_uncached_tokens=20,
            reasoning_tokens=20,
            provided_cost_usd=None,
            span_status="error",
            error_message_redacted="the tool gave up",
            prompt_name="answer",
            prompt_version="3",
            tenant_id="acme",
            conversation_id="session-2",
        ),
    ),
    Dialect(
        "langfuse of an old SDK, which calls a generation a span",
        "langfuse-sdk",
        {
            "langfuse.observation.type": "span",
            "langfuse.observation.model.name": "gpt-4o",
            "langfuse.observation.usage_details": json.dumps(
                {
                    "prompt_tokens": 120,
                    "completion_tokens": 30,
                    "total_tokens": 150,
                    "prompt_tokens_details": {"cached_tokens": 100},
                }
            ),
            "langfuse.observation.cost_details": json.dumps({"input": 0.001, "output": 0.002}),
        },
        said(**CACHED, provided_cost_usd="0.003000000000"),
    ),
    Dialect(
        "langsmith",
        "langsmith",
        {
            "langsmith.span.kind": "llm",
            "gen_ai.system": "anthropic",
            "gen_ai.request.model": "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.total_tokens": 150,
            "gen_ai.usage.input_token_details": json.dumps({"cache_read": 100}),
            "gen_ai.usage.output_token_details": json.dumps({"reasoning": 12}),
            "gen_ai.completion": json.dumps(
                {"generations": [[{"generation_info": {"finish_reason": "max_tokens"}}]]}
            ),
            "langsmith.metadata.thread_id": "thread-1",
            "langsmith.metadata.tenant_id": "acme",
            "langsmith.metadata.lc_hub_repo": "answer",
            "langsmith.metadata.lc_hub_commit_hash": "abc123",
        },
        said(
            **CACHED,
            reasoning_tokens=12,
            is_truncated=True,
            time_to_first_token_ms=300.0,
            conversation_id="thread-1",
            tenant_id="acme",
            prompt_name="answer",
            prompt_version="abc123",
        ),
        events=(Event("new_token", 300), Event("new_token", 400)),
    ),
    Dialect(
        "mlflow, whose values are JSON",
        "mlflow.openai",
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.llm.model": '"gpt-4o"',
            "mlflow.llm.provider": '"openai"',
            "mlflow.chat.tokenUsage": json.dumps(
                {
                    "input_tokens": 120,
                    "output_tokens": 30,
                    "total_tokens": 150,
                    "cache_read_input_tokens": 100,
                }
            ),
            "mlflow.llm.cost": json.dumps(
                {"input_cost": 8e-05, "output_cost": 0.0, "total_cost": 8e-05}
            ),
            "mlflow.spanOutputs": json.dumps({"choices": [{"finish_reason": "length"}]}),
            "mlflow.linkedPrompts": json.dumps([{"name": "answer", "version": "7"}]),
            "mlflow.trace.session": '"session-3"',
        },
        said(
            **CACHED,
            model_provider="openai",
            model_requested="gpt-4o",
            provided_cost_usd="0.000080000000",
            is_truncated=True,
            prompt_name="answer",
            prompt_version="7",
            conversation_id="session-3",
        ),
        # The totals of the trace on its root must never be added.
        wrapper={
            "mlflow.spanType": '"AGENT"',
            "mlflow.trace.tokenUsage": json.dumps({"input_tokens": 120, "output_tokens": 30}),
        },
    ),
    Dialect(
        "litellm, whose details are Python",
        "litellm",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": "120",
            "gen_ai.usage.output_tokens": "30",
            "gen_ai.usage.total_tokens": "150",
            "gen_ai.response.finish_reasons": '["length"]',
            "gen_ai.cost.total_cost": "0.0042",
            "llm.None.temperature": "",
            "metadata.usage_object": str(
                {"prompt_tokens": 999, "prompt_tokens_details": {"cached_tokens": 100}}
            ),
        },
        said(**CACHED, is_truncated=True, provided_cost_usd="0.004200000000"),
        span_name="litellm_request",
    ),
    Dialect(
        "openlit",
        "openlit.otel.tracing",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.request.max_tokens": -1,
            "gen_ai.request.is_stream": True,
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.total_tokens": 150,
            "gen_ai.usage.prompt_tokens_details.cache_read": 100,
            "gen_ai.usage.cost": 0.0042,
            "gen_ai.server.time_to_first_token": 0.25,
            "gen_ai.response.finish_reasons": ["stop"],
        },
        said(
            **CACHED,
            max_tokens=None,
            is_streaming=True,
            time_to_first_token_ms=250.0,
            provided_cost_usd="0.004200000000",
            finish_class="stop",
        ),
    ),
    Dialect(
        "sentry",
        "sentry",
        {
            "sentry.op": "gen_ai.chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.input_tokens.cached": 100,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.output_tokens.reasoning": 12,
            "gen_ai.usage.total_tokens": 150,
            "gen_ai.cost.total_tokens": 0.0042,
        },
        said(**CACHED, reasoning_tokens=12, provided_cost_usd="0.004200000000"),
    ),
    Dialect(
        "openllmetry with two choices, of which the second was cut off",
        "opentelemetry.instrumentation.openai.v1",
        {
            "llm.request.type": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.prompt_tokens": 120,
            "gen_ai.usage.completion_tokens": 30,
            "llm.usage.total_tokens": 150,
            "gen_ai.completion.0.finish_reason": "stop",
            "gen_ai.completion.1.finish_reason": "length",
        },
        said(is_truncated=True, finish_class="max_output"),
    ),
    Dialect(
        "openai's responses, which were incomplete",
        "openinference.instrumentation.openai",
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o",
            "llm.token_count.prompt": 120,
            "llm.token_count.completion": 30,
            "llm.token_count.total": 150,
            "output.value": json.dumps(
                {
                    "status": "incomplete",
                    "incomplete_details": {"reason": "max_output_tokens"},
                    "output": [{"type": "function_call", "name": "search", "arguments": "{}"}],
                }
            ),
        },
        said(is_truncated=True, tool_calls_proposed=1),
    ),
]
