"""The headline marts on one screen, each figure with its unit, and where to look next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spanmart.safe_text import one_line
from spanmart.warehouse.reading import Row, rows, tables

MARTS = "marts"
Writer = Callable[[Row], str]


@dataclass
class Headline:
    """A mart in a few rows: the query that rolls it up, and how its columns are written."""

    mart: str
    title: str
    query: str
    # heading with unit: how to write the cell
    columns: dict[str, Writer]
    caption: str = ""


def print_headlines(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Print each headline mart that the warehouse has."""
    there = tables(connection, MARTS)
    for headline in HEADLINES:
        if headline.mart in there:
            console.print(_table(headline, rows(connection, headline.query)))
            console.print()


def worth_a_look(connection: duckdb.DuckDBPyConnection) -> str | None:
    """A trace that has much to show: failed, tagged, judged by people, with tools and retrieval."""
    found = rows(
        connection,
        """
        select trace_id
        from facts.request_trace
        where not task_success
        order by
            (
                select count(distinct failure_tag) from facts.failure_tag
                where failure_tag.trace_id = request_trace.trace_id
            ) desc,
            (
                select count(distinct kind) from facts.feedback_event
                where feedback_event.trace_id = request_trace.trace_id
            ) desc,
            least(retrieval_count, 1) + least(tool_call_count, 1) desc nulls last,
            trace_id
        limit 1
        """,
    )
    return str(found[0]["trace_id"]) if found else None


def say_where_next(
    console: Console, trace_id: str | None, warehouse: Path, landing: Path, notes: dict[str, str]
) -> None:
    """What a reader may want to type or open next."""
    query = "from marts.prompt_version_regression"
    pointers = {
        **(
            {
                "one bad answer, end to end": f".venv/bin/spanmart trace {trace_id[:12]} --content "
                f"--warehouse {warehouse} --landing {landing}"
            }
            if trace_id
            else {}
        ),
        "any mart, any cut": f""".venv/bin/python -c "import duckdb; """
        f"""duckdb.connect('{warehouse}', read_only=True).sql('{query}').show()\"""",
        **notes,
    }
    console.print(Text("Where to look next", style="bold"))
    for what, where in pointers.items():
        console.print(Text(f"  {what + ':':<28} {where}"), soft_wrap=True)


def _table(headline: Headline, found: Sequence[Row]) -> Table:
    table = Table(
        title=Text(headline.title),
        title_justify="left",
        title_style="bold",
        caption=Text(headline.caption) if headline.caption else None,
        caption_justify="left",
        box=None,
        pad_edge=False,
    )
    for heading in headline.columns:
        left = heading in LEFT
        table.add_column(Text(heading), justify="left" if left else "right", no_wrap=left)
    for row in found:
        # Names come from exports, so no cell is read as markup.
        table.add_row(*(Text(write(row)) for write in headline.columns.values()))
    return table


def _words(column: str) -> Writer:
    return lambda row: "-" if row[column] is None else one_line(str(row[column]), limit=40)


def _whole(column: str) -> Writer:
    return lambda row: "-" if row[column] is None else f"{row[column]:,.0f}"


def _dollars(column: str) -> Writer:
    return lambda row: "-" if row[column] is None else f"{row[column]:,.4f}"


def _percent(column: str) -> Writer:
    return lambda row: "-" if row[column] is None else f"{row[column]:.1%}"


def _measured(column: str) -> Writer:
    """A value of a metric in the metric's own unit."""

    def write(row: Row) -> str:
        value, unit = row[column], row["unit"]
        if value is None:
            return "-"
        return f"{value:.1%}" if unit == "share" else f"{value:,.4g} {unit}"

    return write


def _change(column: str) -> Writer:
    """Differences of shares are in points, all others relative to the version before."""

    def write(row: Row) -> str:
        value = row[column]
        if value is None:
            return "-"
        return f"{100 * value:+.1f} pts" if row["unit"] == "share" else f"{value:+.1%}"

    return write


def _interval(row: Row) -> str:
    low, high = _change("ci_low")(row), _change("ci_high")(row)
    return f"{low.removesuffix(' pts')} to {high}"


# Names and words stand left, figures right.
LEFT = {"task type", "prompt", "version", "metric", "verdict", "tag", "family", "said by"}

HEADLINES = (
    Headline(
        mart="cost_per_successful_task",
        title="marts.cost_per_successful_task, by task type (USD)",
        query="""
            select
                task_type,
                sum(task_count) as task_count,
                sum(success_count) as success_count,
                sum(failure_count) as failure_count,
                sum(unknown_count) as unknown_count,
                sum(cost_usd) as cost_usd,
                sum(wasted_cost_usd) as wasted_cost_usd,
                sum(cost_usd) / nullif(sum(weighted_success_count), 0) as high_usd,
                sum(cost_usd)
                / nullif(sum(weighted_success_count + weighted_unknown_count), 0) as low_usd,
                sum(priced_task_count) / sum(task_count) as priced_share
            from marts.cost_per_successful_task
            group by task_type
            order by sum(cost_usd) desc nulls last, task_type
            limit 8
        """,
        columns={
            "task type": _words("task_type"),
            "tasks": _whole("task_count"),
            "succeeded": _whole("success_count"),
            "failed": _whole("failure_count"),
            "unknown": _whole("unknown_count"),
            "cost, USD": _dollars("cost_usd"),
            "on failures, USD": _dollars("wasted_cost_usd"),
            "per success, USD, at least": _dollars("low_usd"),
            "at most": _dollars("high_usd"),
            "tasks priced": _percent("priced_share"),
        },
        caption="All cost over the tasks that succeeded; at least: if every unknown one had, too.",
    ),
    Headline(
        mart="truncation_rate",
        title="marts.truncation_rate, the prompt versions that are cut off most",
        query="""
            select
                prompt_name,
                prompt_version,
                sum(call_count) as call_count,
                sum(known_count) as known_count,
                sum(output_truncated_count) as output_truncated_count,
                sum(weighted_output_truncated_count)
                / nullif(sum(weighted_known_count), 0) as output_truncation_rate
            from marts.truncation_rate
            where prompt_version is not null
            group by prompt_name, prompt_version
            having sum(known_count) >= 30
            order by output_truncation_rate desc nulls last, prompt_name, prompt_version
            limit 6
        """,
        columns={
            "prompt": _words("prompt_name"),
            "version": _words("prompt_version"),
            "model calls": _whole("call_count"),
            "finish known": _whole("known_count"),
            "cut off": _whole("output_truncated_count"),
            "cut off, % of known": _percent("output_truncation_rate"),
        },
    ),
    Headline(
        mart="prompt_version_regression",
        title="marts.prompt_version_regression, what each prompt version changed",
        query="""
            select *, candidate_version || ' after ' || baseline_version as versions
            from marts.prompt_version_regression
            where verdict in ('regression', 'improvement') or is_simpson
            order by verdict desc, prompt_name, metric
            limit 16
        """,
        columns={
            "prompt": _words("prompt_name"),
            "version": _words("versions"),
            "metric": _words("metric"),
            "before": _measured("baseline_value"),
            "after": _measured("candidate_value"),
            "plain difference": _change("difference"),
            "at equal mix": _change("adjusted_difference"),
            "95 % interval": _interval,
            "verdict": _words("verdict"),
        },
        caption="At equal mix: tasks of one kind compared with tasks of the same kind. Where the "
        "plain difference points the other way, the traffic changed and not the prompt. All other "
        "verdicts (no_material_change, inconclusive, insufficient_data) are in the mart.",
    ),
    Headline(
        mart="failure_taxonomy",
        title="marts.failure_taxonomy, why answers were bad",
        query="""
            select
                failure_tag,
                failure_family,
                source,
                sum(tagged_trace_count) as tagged_trace_count,
                sum(known_trace_count) as known_trace_count,
                sum(tagged_weight) / nullif(sum(known_weight), 0) as rate
            from marts.failure_taxonomy
            group by failure_tag, failure_family, source
            having sum(tagged_trace_count) > 0
            order by tagged_trace_count desc, failure_tag, source
            limit 12
        """,
        columns={
            "tag": _words("failure_tag"),
            "family": _words("failure_family"),
            "said by": _words("source"),
            "requests": _whole("tagged_trace_count"),
            "of requests judged": _whole("known_trace_count"),
            "share": _percent("rate"),
        },
    ),
)
