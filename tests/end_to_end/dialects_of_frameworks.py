"""Calls as frameworks and agents write them."""

from __future__ import annotations

import json

from dialect_cases import CACHED, Dialect, Event, said

DIALECTS_OF_FRAMEWORKS = [
    Dialect(
        "vercel of SDK 4",
        "ai",
        {
            "ai.operationId": "ai.streamText.doStream",
            "ai.model.id": "gpt-4o",
            "ai.model.provider": "openai.chat",
            "ai.usage.promptTokens": 120,
            "ai.usage.completionTokens": 30,
            "ai.finishReason": "length",
            "ai.stream.msToFirstChunk": 250.5,
            "ai.telemetry.metadata.sessionId": "session-1",
            "ai.telemetry.metadata.tenantId": "acme",
            "ai.telemetry.metadata.langfusePrompt": json.dumps({"name": "answer", "version": 4}),
        },
        said(
            model_provider="openai.chat",
            model_requested="gpt-4o",
            finish_class="max_output",
            is_truncated=True,
            time_to_first_token_ms=250.5,
            conversation_id="session-1",
            tenant_id="acme",
            prompt_name="answer",
            prompt_version="4",
        ),
        wrapper={"ai.operationId": "ai.streamText", "ai.usage.promptTokens": 120},
    ),
    Dialect(
        "vercel with a cache write that only the provider's metadata tells",
        "ai",
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.model.id": "claude-sonnet-4-5",
            "ai.usage.inputTokens": 120,
            "ai.usage.outputTokens": 30,
            "ai.usage.totalTokens": 150,
            "ai.usage.cachedInputTokens": 60,
            "ai.response.finishReason": "tool-calls",
            "ai.response.providerMetadata": json.dumps(
                {
                    "anthropic": {
                        "usage": {
                            "input_tokens": 20,
                            "cache_creation": {"ephemeral_5m_input_tokens": 40},
                        },
                        "cacheCreationInputTokens": 40,
                    }
                }
            ),
        },
        said(
            cache_read_tokens=60,
            cache_write_tokens=40,
            input_uncached_tokens=20,
            finish_class="tool",
        ),
    ),
    Dialect(
        "pydantic-ai of 0.7, whose agent repeats the sum",
        "pydantic-ai",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.details.cached_tokens": 100,
            "operation.cost": 0.0042,
        },
        said(**CACHED, provided_cost_usd="0.004200000000"),
        wrapper={
            "agent_name": "helper",
            "model_name": "gpt-4o",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "logfire.metrics": json.dumps({"gen_ai.client.token.usage": {"total": 150}}),
        },
    ),
    Dialect(
        "strands, whose agent carries what its whole session used",
        "strands.telemetry.tracer",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "claude-sonnet-4-5",
            "gen_ai.usage.prompt_tokens": 120,
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.total_tokens": 150,
            "gen_ai.usage.cache_read_input_tokens": 60,
            "gen_ai.usage.cache_write_input_tokens": 40,
            "gen_ai.server.time_to_first_token": 250,
        },
        said(
            cache_read_tokens=60,
            cache_write_tokens=40,
            input_uncached_tokens=20,
            time_to_first_token_ms=250.0,
            is_truncated=True,
        ),
        wrapper={
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.usage.input_tokens": 5120,
            "gen_ai.usage.output_tokens": 1030,
        },
        events=(Event("gen_ai.choice", 900, {"finish_reason": "max_tokens", "message": "[…]"}),),
    ),
    Dialect(
        "google adk, whose cached share stands in the answer",
        "gcp.vertex.agent",
        {
            "gen_ai.operation.name": "generate_content",
            "gen_ai.request.model": "gemini-2.5-flash",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gcp.vertex.agent.session_id": "session-4",
            "gcp.vertex.agent.llm_response": json.dumps(
                {
                    "content": {"parts": [{"function_call": {"name": "search"}}], "role": "model"},
                    "finish_reason": "MAX_TOKENS",
                    "usage_metadata": {
                        "cached_content_token_count": 100,
                        "candidates_token_count": 22,
                        "prompt_token_count": 120,
                        "thoughts_token_count": 8,
                        "total_token_count": 150,
                    },
                }
            ),
        },
        said(
            **CACHED,
            reasoning_tokens=8,
            is_truncated=True,
            tool_calls_proposed=1,
            conversation_id="session-4",
        ),
        wrapper={"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30},
    ),
    Dialect(
        "claude code, whose input leaves out the cache",
        "com.anthropic.claude_code.tracing",
        {
            "model": "claude-sonnet-4-5",
            "input_tokens": 20,
            "output_tokens": 30,
            "cache_read_tokens": 60,
            "cache_creation_tokens": 40,
            "ttft_ms": 250,
            "stop_reason": "max_tokens",
            "success": False,
            "error": "overloaded",
            "session.id": "session-5",
        },
        said(
            model_requested="claude-sonnet-4-5",
            cache_read_tokens=60,
            cache_write_tokens=40,
            input_uncached_tokens=20,
            token_semantics="exclusive",
            time_to_first_token_ms=250.0,
            is_truncated=True,
            span_status="error",
            conversation_id="session-5",
        ),
        span_name="claude_code.llm_request",
    ),
    Dialect(
        "genkit",
        "genkit-tracer",
        {
            "genkit:metadata:subtype": "model",
            "genkit:name": "googleai/gemini-2.5-flash",
            "genkit:output": json.dumps(
                {
                    "message": {"role": "model", "content": [{"text": "…"}]},
                    "finishReason": "length",
                    "usage": {"inputTokens": 120, "outputTokens": 30, "totalTokens": 150},
                }
            ),
        },
        said(is_truncated=True),
    ),
    Dialect(
        "livekit",
        "livekit-agents",
        {
            "gen_ai.request.model": "gpt-4o",
            "lk.llm_metrics": json.dumps(
                {
                    "prompt_tokens": 120,
                    "completion_tokens": 30,
                    "total_tokens": 150,
                    "prompt_cached_tokens": 100,
                }
            ),
            "lk.response.ttft": 0.25,
        },
        said(**CACHED, time_to_first_token_ms=250.0),
        span_name="llm_request",
    ),
]
