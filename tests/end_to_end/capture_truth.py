"""What really happened in a capture: from the logs of the fake server and of the application,
never from its spans."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import genai_prices

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
# Captures as a vendor exports them, and not as OTLP: the source that they are landed as, and the
# file. Other forms of a run that is landed as OTLP already would be the same spans again.
VENDOR_FORMS = {
    "langsmith_traceable_multipart": "langsmith_traceable_multipart/ingest_requests.jsonl",
    "litellm_payloads": "litellm_reqspan/standard_logging_payload.jsonl",
    "mlflow_openai": "mlflow_openai/traces.to_json.jsonl",
    "openai_agents_native_chat": "openai_agents_native_chat/ingest_requests.jsonl",
}
# Calls of the server that make no text.
OTHER_APIS = {"embeddings", "rerank"}
TRUNCATED = {"length", "max_tokens", "MAX_TOKENS"}
# Anthropic and Bedrock leave cache reads and writes out of the prompt's count, Gemini the thoughts
# out of the output's.
EXCLUSIVE_APIS = ("anthropic.", "bedrock.")
GEMINI = "gemini."
# Clients that retry by themselves and do not say so in a header (Google's does not retry).
RETRYING_CLIENTS = ("Boto3/", "litellm/")
# Whose price list a model is on, as the captures' clients address it, by what its name begins with.
PROVIDERS = {"anthropic.": "aws", "claude": "anthropic", "gemini": "google", "": "openai"}


@dataclass(frozen=True)
class Call:
    """One request that the server answered or refused."""

    seq: int
    app_request: str
    api: str
    model: str
    is_ok: bool
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    choices: int
    is_streamed: bool
    is_truncated: bool
    retry_count: int | None
    message_count: int | None
    client: str
    started_at: datetime

    def cost(self, with_cache: bool = True) -> Decimal:
        """What genai-prices says; without the cached share all input costs the same."""
        usage = genai_prices.Usage(
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cache_read_tokens=self.cache_read_tokens if with_cache else 0,
            cache_write_tokens=self.cache_write_tokens if with_cache else 0,
        )
        provider = next(name for prefix, name in PROVIDERS.items() if self.model.startswith(prefix))
        price = genai_prices.calc_price(
            usage, self.model, provider_id=provider, genai_request_timestamp=self.started_at
        )
        return price.total_price


def capture_of(source: str) -> Capture:
    """What happened in the capture that is landed as this source."""
    return Capture(CAPTURES / VENDOR_FORMS.get(source, source).partition("/")[0])


@dataclass(frozen=True)
class Capture:
    folder: Path

    @cached_property
    def expected(self) -> dict[str, Any]:
        return json.loads((self.folder / "expected.json").read_bytes())

    @cached_property
    def calls(self) -> list[Call]:
        return [
            _call(line)
            for line in _lines(self.folder / "ground_truth.jsonl")
            if line["api"] not in OTHER_APIS
        ]

    @cached_property
    def requests(self) -> list[dict[str, Any]]:
        return list(_lines(self.folder / "app_truth.jsonl"))

    @cached_property
    def _unseen(self) -> dict[int, str]:
        """Calls whose usage never reached the client, and why."""
        return {each["seq"]: each["why"] for each in self.expected["seen_by_client"]["not_seen"]}

    @property
    def seen(self) -> list[Call]:
        """Calls whose usage reached the client."""
        return [call for call in self.calls if call.is_ok and call.seq not in self._unseen]

    def of_request(self, app_request: str) -> list[Call]:
        return [call for call in self.calls if call.app_request == app_request]

    @property
    def closed_early(self) -> list[Call]:
        return [call for call in self.calls if "closed" in self._unseen.get(call.seq, "")]

    @property
    def errors(self) -> list[Call]:
        """Failures that the application met: timeouts too, but none that the SDK retried itself."""
        return [
            call
            for number, call in enumerate(self.calls)
            if "timeout" in self._unseen.get(call.seq, "")
            or not (call.is_ok or self._is_retried_inside(number))
        ]

    @property
    def retried_inside(self) -> list[Call]:
        """Failures that the SDK retried by itself, so that they have no span of their own."""
        return [call for number, call in enumerate(self.calls) if self._is_retried_inside(number)]

    def _is_retried_inside(self, number: int) -> bool:
        failed = self.calls[number]
        later = [
            call for call in self.calls[number + 1 :] if call.app_request == failed.app_request
        ]
        if failed.is_ok or not later or later[0].message_count != failed.message_count:
            return False
        if later[0].retry_count is not None:
            return later[0].retry_count > 0
        # A client that does not number its attempts.
        return failed.client.startswith(RETRYING_CLIENTS)

    @property
    def truncated(self) -> list[Call]:
        return [call for call in self.calls if call.is_truncated]

    @property
    def many_choices(self) -> list[Call]:
        return [call for call in self.seen if call.choices > 1]

    @property
    def tools(self) -> list[dict[str, Any]]:
        """Executions of tools as the application counts them."""
        return [tool for request in self.requests for tool in request["tools"]]


def _call(line: dict[str, Any]) -> Call:
    apart = line["cached_tokens"] + line["cache_creation_tokens"]
    is_exclusive = line["api"].startswith(EXCLUSIVE_APIS)
    is_gemini = line["api"].startswith(GEMINI)
    retry_count = line["client_retry_count"]
    return Call(
        seq=line["seq"],
        app_request=line["app_request"],
        api=line["api"],
        model=line["model_responded"] or line["model_requested"],
        is_ok=line["status"] == 200,
        input_tokens=line["prompt_tokens"] + (apart if is_exclusive else 0),
        output_tokens=line["completion_tokens"] + (line["reasoning_tokens"] if is_gemini else 0),
        cache_read_tokens=line["cached_tokens"],
        cache_write_tokens=line["cache_creation_tokens"],
        reasoning_tokens=line["reasoning_tokens"],
        choices=len(line["finish_reasons"]),
        is_streamed=line["stream"],
        is_truncated=bool(TRUNCATED & set(line["finish_reasons"])),
        retry_count=None if retry_count is None else int(retry_count),
        message_count=line["n_messages"],
        client=line["user_agent"],
        started_at=datetime.fromtimestamp(line["ts_start_ns"] / 1e9, tz=UTC),
    )


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())
