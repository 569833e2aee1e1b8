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


@dataclass
class Headline:
    """A mart in a few rows: the query that rolls it up, and how its columns are headed."""

    mart: str
    title: str
    query: str
    # column of the query: (heading with unit, how to write a value)
    columns: dict[str, tuple[str, Callable[[object], str]]]
    caption: str = ""


def print_headlines(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Print each headline mart that the warehouse has."""
    there = tables(connection, MARTS)
    for headline in HEADLINES:
        if headline.mart in there:
            console.print(_table(headline, rows(connection, headline.query)))


def worth_a_look(connection: duckdb.DuckDBPyConnection) -> str | None:
    """A trace that has much to show: failed, tagged, with tools and retrieval."""
    found = rows(
        connection,
        """
        select request_trace.trace_id
        from facts.request_trace as request_trace
        left join facts.failure_tag as failure_tag on request_trace.trace_id = failure_tag.trace_id
        where not request_trace.task_success
        group by request_trace.trace_id
        order by
            count(distinct failure_tag.failure_tag) desc,
            any_value(request_trace.retrieval_count + request_trace.tool_call_count) desc,
            request_trace.trace_id
        limit 1
        """,
    )
    return str(found[0]["trace_id"]) if found else None


def say_where_next(
    console: Console, trace_id: str | None, warehouse: Path, landing: Path, notes: Sequence[str]
) -> None:
    """What a reader may want to type next."""
    console.print(Text("Where to look next", style="bold"))
    places = f"--warehouse {warehouse} --landing {landing}"
    if trace_id:
        console.print(
            Text(
                f"  one bad answer, end to end:  spanmart trace {trace_id[:12]} --content {places}"
            )
        )
    query = "select * from marts.prompt_version_regression"
    console.print(
        Text(
            f"  any mart, any cut:           "
            f"""python -c "import duckdb; c = duckdb.connect('{warehouse}', read_only=True); """
            f"""c.sql('{query}').show()\""""
        )
    )
    for note in notes:
        console.print(Text(f"  {note}"))


def _table(headline: Headline, found: Sequence[Row]) -> Table:
    table = Table(
        title=Text(headline.title),
        title_justify="left",
        title_style="bold",
        caption=Text(headline.caption) if headline.caption else None,
        caption_justify="left",
        box=None,
        pad_edge=False,
        expand=False,
    )
    for heading, write in headline.columns.values():
        table.add_column(Text(heading), justify="left" if write is words else "right")
    for row in found:
        # Names come from exports, so no cell is read as markup.
        table.add_row(
            *(Text(write(row[column])) for column, (_, write) in headline.columns.items())
        )
    return table


def words(value: object) -> str:
    return "-" if value is None else one_line(str(value), limit=40)


def _whole(value: object) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _dollars(value: object) -> str:
    return "-" if value is None else f"{value:,.4f}"


def _percent(value: object) -> str:
    return "-" if value is None else f"{float(str(value)):.1%}"


def _signed(value: object) -> str:
    return "-" if value is None else f"{float(str(value)):+.4g}"


HEADLINES = (
    Headline(
        mart="cost_per_successful_task",
        title="marts.cost_per_successful_task, by task type",
        query="""
            select
                task_type,
                sum(task_count) as task_count,
                sum(success_count) as success_count,
                sum(failure_count) as failure_count,
                sum(unknown_count) as unknown_count,
                sum(cost_usd) as cost_usd,
                sum(wasted_cost_usd) as wasted_cost_usd,
                sum(cost_usd) / nullif(sum(success_count), 0) as cost_per_successful_task_usd,
                sum(cost_usd) / nullif(sum(success_count) + sum(unknown_count), 0) as at_least_usd
            from marts.cost_per_successful_task
            group by task_type
            order by sum(cost_usd) desc nulls last, task_type
            limit 12
        """,
        columns={
            "task_type": ("task type", words),
            "task_count": ("tasks", _whole),
            "success_count": ("succeeded", _whole),
            "failure_count": ("failed", _whole),
            "unknown_count": ("unknown", _whole),
            "cost_usd": ("cost, USD", _dollars),
            "wasted_cost_usd": ("on failures, USD", _dollars),
            "at_least_usd": ("per success, USD, at least", _dollars),
            "cost_per_successful_task_usd": ("at most", _dollars),
        },
        caption="All cost over the tasks known to have succeeded; at least: over the unknown too.",
    ),
    Headline(
        mart="truncation_rate",
        title="marts.truncation_rate, the prompt versions that truncate most",
        query="""
            select
                prompt_name,
                prompt_version,
                sum(call_count) as call_count,
                sum(known_count) as known_count,
                sum(output_truncated_count) as output_truncated_count,
                sum(output_truncated_count) / nullif(sum(known_count), 0) as output_truncation_rate
            from marts.truncation_rate
            where prompt_version is not null
            group by prompt_name, prompt_version
            having sum(known_count) >= 30
            order by output_truncation_rate desc nulls last, prompt_name, prompt_version
            limit 8
        """,
        columns={
            "prompt_name": ("prompt", words),
            "prompt_version": ("version", words),
            "call_count": ("model calls", _whole),
            "known_count": ("finish known", _whole),
            "output_truncated_count": ("cut off", _whole),
            "output_truncation_rate": ("cut off, of known", _percent),
        },
    ),
    Headline(
        mart="prompt_version_regression",
        title="marts.prompt_version_regression, the verdicts on each prompt version",
        query="""
            select *, candidate_version || ' after ' || baseline_version as versions
            from marts.prompt_version_regression
            order by
                case verdict
                    when 'regression' then 1 when 'improvement' then 2
                    when 'no_material_change' then 3 when 'inconclusive' then 4
                    when 'not_comparable' then 5 else 6
                end,
                is_simpson desc, q_value nulls last, prompt_name, candidate_version, metric
            limit 14
        """,
        columns={
            "prompt_name": ("prompt", words),
            "versions": ("version", words),
            "metric": ("metric", words),
            "baseline_value": ("before", _signed),
            "candidate_value": ("after", _signed),
            "adjusted_difference": ("difference at equal mix", _signed),
            "mix_effect": ("from the mix", _signed),
            "q_value": ("q", _signed),
            "verdict": ("verdict", words),
        },
        caption="Rates from 0 to 1. Equal mix: within the same task type, model and language. "
        "q: p-value after the false discovery rate.",
    ),
    Headline(
        mart="failure_taxonomy",
        title="marts.failure_taxonomy, why answers were bad",
        query="""
            select failure_tag, failure_family, source, sum(tagged_count) as tagged_count
            from marts.failure_taxonomy
            group by failure_tag, failure_family, source
            order by tagged_count desc, failure_tag, source
            limit 12
        """,
        columns={
            "failure_tag": ("tag", words),
            "failure_family": ("family", words),
            "source": ("said by", words),
            "tagged_count": ("traces", _whole),
        },
    ),
)
