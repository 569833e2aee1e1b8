"""Every planted incident is found in the marts, and what is quiet stays quiet.

The manifest of the traffic says what was planted and what a warehouse should say of it;
tests/demo/test_planted.py shows, without the warehouse, that the manifest tells the truth.
"""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.heavy

MART = "prompt_version_regression"


def entry(demo: Any, name: str) -> dict[str, Any]:
    everything = demo.manifest["incidents"] + demo.manifest["quiet"]
    return next(each for each in everything if each["name"] == name)


def verdicts(demo: Any, key: dict[str, str]) -> list[dict[str, Any]]:
    return demo.rows(
        """
        select metric, verdict, is_simpson, difference, adjusted_difference, ci_high
        from marts.prompt_version_regression
        where prompt_name = ? and candidate_version = ? and baseline_version = ?
            and (metric = ? or ? = '*')
        """,
        key["prompt_name"],
        key["candidate_version"],
        key["baseline_version"],
        key["metric"],
        key["metric"],
    )


def test_each_version_gets_the_verdict_it_earned(demo: Any) -> None:
    checked = 0
    for each in demo.manifest["incidents"] + demo.manifest["quiet"]:
        for expected in each["expected"]:
            if expected.get("mart") != MART:
                continue
            found = verdicts(demo, expected["key"])
            assert found, expected["key"]
            for row in found:
                assert row["verdict"] in expected["verdict"], (each["name"], row)
                if "is_simpson" in expected:
                    assert row["is_simpson"] is expected["is_simpson"], row
                checked += 1
    assert checked >= 15


def test_the_mix_looks_worse_when_pooled_and_is_not_called_a_regression(demo: Any) -> None:
    (row,) = verdicts(demo, entry(demo, "changed_mix")["expected"][0]["key"])
    # The trap is really set: whoever pools sees a drop that chance does not explain.
    assert row["difference"] < -0.08 and row["ci_high"] is not None
    assert row["adjusted_difference"] > 0
    assert row["is_simpson"]
    assert row["verdict"] != "regression"


def test_nothing_else_is_called_a_regression(demo: Any) -> None:
    explained = set()
    for each in demo.manifest["incidents"]:
        prompt = each["dimension"].get("prompt_name")
        explained |= {(prompt, metric) for metric in each.get("consequences", ())}
        explained |= {
            (expected["key"]["prompt_name"], expected["key"]["metric"])
            for expected in each["expected"]
            if expected.get("verdict") == ["regression"]
        }
    prompts = [row["prompt_name"] for row in demo.manifest["prompt_versions"]]
    called = {
        (row["prompt_name"], row["metric"])
        for row in demo.rows(
            """
            select prompt_name, metric from marts.prompt_version_regression
            where verdict = 'regression'
            """
        )
        if row["prompt_name"] in prompts
    }
    assert called - explained == set()


def test_the_truncating_version_stands_out_in_the_truncation_mart(demo: Any) -> None:
    rates = {
        (row["prompt_name"], row["prompt_version"]): row["rate"]
        for row in demo.rows(
            """
            select
                prompt_name,
                prompt_version,
                sum(output_truncated_count) / sum(known_count) as rate
            from marts.truncation_rate
            where prompt_name in (select unnest(?))
            group by prompt_name, prompt_version
            having sum(known_count) > 0
            """,
            sorted({row["prompt_name"] for row in demo.manifest["prompt_versions"]}),
        )
    }
    key = entry(demo, "truncating_prompt_version")["dimension"]
    assert rates.pop((key["prompt_name"], key["prompt_version"])) > 0.2
    assert len(rates) >= 12 and max(rates.values()) < 0.05


def test_the_truncation_mart_counts_what_was_generated(demo: Any) -> None:
    """Only single-call prompts: elsewhere the first pass is a call of its own."""
    for prompt in ("ticket-summary", "code-help"):
        for generated in demo.manifest["prompt_versions"]:
            if generated["prompt_name"] != prompt:
                continue
            (row,) = demo.rows(
                """
                select sum(output_truncated_count) as truncated
                from marts.truncation_rate where prompt_name = ? and prompt_version = ?
                """,
                prompt,
                generated["prompt_version"],
            )
            # An answer that failed for good was planned but never written.
            assert generated["truncated"] - 3 <= row["truncated"] <= generated["truncated"]


def test_the_stale_index_returns_less_and_its_answers_are_tagged(demo: Any) -> None:
    planted = entry(demo, "stale_index")
    stale = planted["dimension"]["index_version"]
    means = {
        row["index_version"]: row["mean"]
        for row in demo.rows(
            """
            select index_version, avg(top_k_returned) as mean
            from facts.retrieval_span where starts_with(index_version, 'kb-')
            group by index_version
            """
        )
    }
    assert means.pop(stale) < planted["expected"][0]["mean_top_k_returned_below"]
    assert len(means) == 2 and min(means.values()) > 6.5
    window = planted["window"]
    for source, least in (("rule", 0.95), ("evaluator", 0.7)):
        (row,) = demo.rows(
            """
            select
                count(*) as tags,
                avg((started_on between ?::date and ?::date)::int) as share_inside
            from facts.failure_tag
            inner join facts.request_trace using (trace_id)
            where failure_tag = 'stale_knowledge' and failure_tag.source = ?
            """,
            window["first_day"],
            window["last_day"],
            source,
        )
        assert row["tags"] > 20, source
        assert row["share_inside"] > least, source


def test_the_slow_tool_times_out_in_its_window_only(demo: Any) -> None:
    planted = entry(demo, "slow_tool")
    window = planted["window"]
    rates = {
        (row["tool_name"], row["is_inside"]): row["rate"]
        for row in demo.rows(
            """
            select
                tool_name,
                started_at::date between ?::date and ?::date as is_inside,
                avg((coalesce(error_category, '') = 'timeout')::int) as rate
            from facts.tool_span
            where tool_name in ('lookup_order', 'search_tickets', 'billing_lookup')
                and source = 'demo'
            group by all
            """,
            window["first_day"],
            window["last_day"],
        )
    }
    assert rates.pop((planted["dimension"]["tool_name"], True)) > 0.35
    assert len(rates) == 5 and max(rates.values()) < 0.06
    (row,) = demo.rows(
        """
        select avg((started_on between ?::date and ?::date)::int) as share_inside
        from facts.failure_tag
        inner join facts.request_trace using (trace_id)
        where failure_tag.source = 'rule' and prompt_name = 'order-status'
            and failure_tag in ('timeout_degradation', 'tool_execution_failure')
        """,
        window["first_day"],
        window["last_day"],
    )
    assert row["share_inside"] > 0.4


def test_citations_of_unseen_chunks_are_tagged_where_they_were_planted(demo: Any) -> None:
    key = entry(demo, "citation_mismatch")["dimension"]
    rates = {
        (row["prompt_name"], row["prompt_version"]): row["rate"]
        for row in demo.rows(
            """
            select prompt_name, prompt_version, sum(tagged_weight) / sum(known_weight) as rate
            from marts.failure_taxonomy
            where failure_tag = 'citation_mismatch' and source = 'rule' and known_weight > 0
            group by prompt_name, prompt_version
            having sum(known_weight) > 50
            """
        )
    }
    assert rates.pop((key["prompt_name"], key["prompt_version"])) > 0.15
    assert len(rates) >= 4 and max(rates.values()) < 0.04


def test_evaluation_runs_are_not_in_the_marts(demo: Any) -> None:
    """They are hard cases on purpose: counted, they would move every rate."""
    (row,) = demo.rows(
        """
        select count(*) filter (where workload_class = 'evaluation') as evaluations
        from facts.request_trace where source = 'demo'
        """
    )
    assert row["evaluations"] > 100
    (row,) = demo.rows(
        """
        select sum(task_count) as tasks from marts.cost_per_successful_task
        where prompt_name in (select unnest(?))
        """,
        sorted({row["prompt_name"] for row in demo.manifest["prompt_versions"]}),
    )
    production = sum(row["requests"] for row in demo.manifest["prompt_versions"])
    # Requests whose every call failed name a prompt too; the few that the client gave up on do not.
    assert 0.97 * production <= row["tasks"] <= production
