"""The stages before and after the model, each as the span that docs/instrumentation.md asks for."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import orjson

from spanmart.demo.otlp import CLIENT, INTERNAL, SERVER, Attributes
from spanmart.demo.plan import SECOND
from spanmart.demo.scenario import HEALTHY_TOP_K
from spanmart.demo.trace import Trace

EMBEDDING_MODEL = "text-embedding-3-small"
RERANKER = "@cf/baai/bge-reranker-base"
TOP_N = 4
CHUNK_TOKENS = 130
CACHED_EMBEDDINGS = 0.1


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def as_json(value: object) -> str:
    return orjson.dumps(value).decode()


def request(trace: Trace) -> None:
    """The root. What holds for the whole request stands here once; spans below inherit it."""
    plan, user = trace.plan, trace.plan.user
    attributes: Attributes = {
        "spanmart.request.id": plan.request_id,
        "gen_ai.conversation.id": plan.conversation_id,
        "session.id": f"web-{plan.conversation_id[5:]}",
        "user.id": user.user_id,
        "spanmart.tenant.id": user.tenant_id,
        "spanmart.customer.tier": user.tier,
        "spanmart.task.type": plan.task_type,
        "spanmart.route.name": _route(trace),
        "spanmart.entrypoint": "workflow" if plan.prompt.flow in ("summary", "extract") else "chat",
        "spanmart.locale": user.locale,
        "spanmart.source.application": "support-desk",
        "spanmart.workload.class": plan.workload_class,
        "input.value": plan.text,
    }
    if plan.prompt.candidate is not None:
        is_candidate = plan.version is plan.prompt.candidate
        arm = "candidate" if is_candidate else "baseline"
        attributes["spanmart.experiment.ids"] = [
            f"{plan.prompt.name}-{plan.prompt.candidate.name}:{arm}"
        ]
        attributes["spanmart.feature.flags"] = [f"prompt.{plan.prompt.name}={plan.version.name}"]
    if plan.workload_class == "evaluation":
        attributes["spanmart.dataset.version"] = "golden-2026-10"
    trace.root = trace.span("handle_request", 1, attributes, stage="request", kind=SERVER)


def classify_intent(trace: Trace) -> None:
    plan, rng = trace.plan, trace.rng
    confidence = round(0.99 - rng.random() ** 3 * 0.5, 3)
    trace.span(
        "classify_intent",
        trace.took(24),
        {
            "spanmart.routing.classifier_model": "intent-classifier",
            "spanmart.routing.classifier_version": "2026-09",
            "spanmart.routing.labels": [plan.task_type, "other"],
            "spanmart.routing.label_confidences": [confidence, round(1 - confidence, 3)],
            "spanmart.routing.policy_version": "policy-12",
            "spanmart.routing.reason": "intent",
            "spanmart.is_fallback": confidence < 0.55,
            "spanmart.confidence": confidence,
        },
        stage="routing",
    )


def rewrite_query(trace: Trace) -> None:
    steps = ["expand_abbreviations", "drop_greeting"]
    tokens = 60 + len(trace.question) // 4
    trace.span(
        "query_rewrite",
        trace.took(310),
        {
            "spanmart.query_rewrite.strategy_version": "hyde-2",
            "spanmart.query_rewrite.original_query_hash": digest(trace.question),
            "spanmart.query_rewrite.decomposition_steps": steps,
            "spanmart.query_rewrite.subquery_count": 1,
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4.1-mini",
            "gen_ai.response.model": "gpt-4.1-mini-2025-04-14",
            "gen_ai.usage.input_tokens": tokens,
            "gen_ai.usage.output_tokens": 18 + tokens // 6,
            "spanmart.confidence": round(0.7 + trace.rng.random() * 0.3, 3),
            "input.value": trace.question,
            "output.value": "knowledge base: " + trace.question.rstrip("?!. "),
        },
        stage="query_rewrite",
    )


def embed_query(trace: Trace) -> None:
    is_hit = trace.rng.random() < CACHED_EMBEDDINGS
    attributes: Attributes = {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": EMBEDDING_MODEL,
        "gen_ai.response.model": EMBEDDING_MODEL,
        "gen_ai.embeddings.dimension.count": 1536,
        "spanmart.embedding.input_length": len(trace.question),
        "spanmart.embedding.is_input_truncated": False,
        "spanmart.cache.status": "hit" if is_hit else "miss",
    }
    if not is_hit:
        attributes["gen_ai.usage.input_tokens"] = 4 + len(trace.question) // 4
    trace.span(
        f"embeddings {EMBEDDING_MODEL}", trace.took(3 if is_hit else 38), attributes, kind=CLIENT
    )


def retrieve(trace: Trace, kind: str) -> None:
    plan, rng = trace.plan, trace.rng
    documents = rng.sample(range(1, 121), plan.top_k_returned)
    trace.retrieved = [f"kb-{number:03d}#{rng.randrange(6)}" for number in documents]
    trace.scores = sorted((round(0.35 + rng.random() * 0.55, 4) for _ in documents), reverse=True)
    denied = (
        rng.choice((0, 0, 0, 0, 1, 2)) if plan.user.tier != "enterprise" else rng.choice((0, 1))
    )
    snapshot = datetime.fromtimestamp(plan.start // SECOND, UTC) - timedelta(
        days=plan.snapshot_age_days
    )
    took = trace.took(46)
    attributes: Attributes = {
        "gen_ai.operation.name": "retrieval",
        "spanmart.retrieval.type": kind,
        "spanmart.retriever.version": "retriever-4",
        "spanmart.index.version": plan.index_version,
        "spanmart.index.snapshot_at": f"{snapshot:%Y-%m-%d}T02:00:00Z",
        "spanmart.query.variant": "rewritten" if trace.question != plan.text else "original",
        "gen_ai.retrieval.top_k": HEALTHY_TOP_K,
        "spanmart.retrieval.top_k_returned": plan.top_k_returned,
        "spanmart.retrieval.filtered_by_acl_count": denied,
        "spanmart.retrieval.metadata_filters": as_json({"locale": plan.user.locale[:2]}),
        "spanmart.retrieval.acl_filters": as_json({"tenant": plan.user.tenant_id}),
        "spanmart.retrieval.sub_stage_ms": as_json(
            {
                "search": round(took * 0.7, 2),
                "filter": round(took * 0.1, 2),
                "fetch": round(took * 0.2, 2),
            }
        ),
        "spanmart.documents.ids": [chunk.split("#")[0] for chunk in trace.retrieved],
        "spanmart.documents.chunk_ids": list(trace.retrieved),
        "spanmart.documents.scores": list(trace.scores),
        "spanmart.documents.source_types": ["article" if n % 3 else "ticket" for n in documents],
        "spanmart.cache.status": "miss",
    }
    if kind != "keyword":
        attributes["spanmart.embedding.model"] = EMBEDDING_MODEL
    trace.span("retrieval knowledge-base", took, attributes, kind=CLIENT)


def rerank(trace: Trace) -> None:
    before = list(trace.retrieved)
    after = before[:]
    for _ in range(2):
        if len(after) > 1:
            place = trace.rng.randrange(len(after) - 1)
            after[place], after[place + 1] = after[place + 1], after[place]
    trace.retrieved = after[:TOP_N]
    scores = sorted((round(0.4 + trace.rng.random() * 0.6, 4) for _ in after), reverse=True)
    deltas = [abs(new - old) for new, old in zip(scores, trace.scores, strict=True)]
    trace.span(
        "rerank_chunks",
        trace.took(64),
        {
            "gen_ai.provider.name": "cloudflare",
            "reranker.model_name": RERANKER,
            "gen_ai.usage.input_tokens": len(before) * (CHUNK_TOKENS + len(trace.question) // 4),
            "spanmart.reranker.version": "2026-08",
            "spanmart.rerank.candidate_count": len(before),
            "spanmart.rerank.top_n_selected": len(trace.retrieved),
            "spanmart.rerank.changed_rank_count": sum(
                old != new for old, new in zip(before, after, strict=True)
            ),
            "spanmart.rerank.score_delta_mean": round(sum(deltas) / len(deltas), 4)
            if deltas
            else 0.0,
            "spanmart.documents.ids": [chunk.split("#")[0] for chunk in trace.retrieved],
            "spanmart.documents.chunk_ids": list(trace.retrieved),
            "spanmart.documents.scores": scores[:TOP_N],
        },
        stage="rerank",
    )


def assemble_prompt(trace: Trace, system: int, tools: int) -> None:
    """Fit system prompt, history, chunks, tool schemas and question into the budget."""
    plan, rng = trace.plan, trace.rng
    included: list[str] = []
    excluded: list[str] = []
    reasons: list[str] = []
    is_over_budget = len(trace.retrieved) > 1 and rng.random() < 0.04
    for rank, chunk in enumerate(trace.retrieved):
        if is_over_budget and rank == len(trace.retrieved) - 1:
            excluded.append(chunk)
            reasons.append("budget")
        elif rank >= 2 and rng.random() < 0.3:
            excluded.append(chunk)
            reasons.append(rng.choice(("relevance_threshold", "dedupe", "policy")))
        else:
            included.append(chunk)
    trace.included = included
    history = rng.choice((0, 0, 120, 260, 540))
    trace.sections = {
        "system": system,
        "history": history,
        "context": sum(CHUNK_TOKENS + int(chunk[3:6]) for chunk in included),
        "tool_schema": tools,
        "user": 8 + len(plan.text) // 4 + (900 if plan.prompt.flow == "summary" else 0),
    }
    sections: Attributes = {
        f"spanmart.prompt_assembly.{name}_tokens": tokens for name, tokens in trace.sections.items()
    }
    trace.span(
        "assemble_prompt",
        trace.took(7),
        {
            "gen_ai.prompt.name": plan.prompt.name,
            "spanmart.prompt.version": plan.version.name,
            "spanmart.system_prompt.version": "sys-5",
            "spanmart.policy.version": "policy-block-3",
            "spanmart.tool_instruction.version": "tools-2",
            "spanmart.prompt_assembly.context_selection_policy": "top_n_by_score",
            "spanmart.prompt_assembly.token_budget": 6000,
            **sections,
            "spanmart.prompt_assembly.is_truncated": is_over_budget,
            "spanmart.prompt_assembly.truncation_events": int(is_over_budget),
            "spanmart.prompt_assembly.included_chunk_ids": included,
            "spanmart.prompt_assembly.excluded_chunk_ids": excluded,
            "spanmart.prompt_assembly.exclusion_reasons": reasons,
            "spanmart.prompt_assembly.citation_mapping_ids": [
                f"[{number + 1}]={chunk}" for number, chunk in enumerate(included)
            ],
        },
        stage="prompt_assembly",
        kind=INTERNAL,
    )


def _route(trace: Trace) -> str:
    return {"rag_tools": "support", "rag": "knowledge", "tools": "orders"}.get(
        trace.plan.prompt.flow, trace.plan.prompt.flow
    )
