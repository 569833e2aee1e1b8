"""Whether the ledger and the tables tell the same story."""

from __future__ import annotations

from spanmart.checks.tables import Counts, Tables
from spanmart.landing.schemas import RECORD_TABLES

_OWNED = (*RECORD_TABLES, "artifacts", "rejects")


def count_ledger(tables: Tables) -> Counts:
    """Loads and rows that do not match, over what is new."""
    connection = tables.connection
    per_load = " union all ".join(
        f"select '{table}' as table_name, load_id, count(*) as row_count"
        f" from new_{table} group by load_id"
        for table in _OWNED
    )
    connection.execute(f"create temp table rows_of_load as {per_load}")
    unequal = """
        with found as (
            select load_id, sum(row_count) as row_count
            from rows_of_load where table_name in ({tables}) group by load_id
        )
        select
            count(*) filter (where coalesce(found.row_count, 0) is distinct from {count}),
            count(*)
        from new_loads left join found on new_loads.load_id = found.load_id
    """
    records = ", ".join(f"'{table}'" for table in RECORD_TABLES)
    landed = tables.one(unequal.format(tables=records, count="new_loads.records_landed"))
    rejected = tables.one(unequal.format(tables="'rejects'", count="new_loads.records_rejected"))
    unowned = tables.one(
        """
        select
            coalesce(sum(row_count) filter (where not exists (
                select 1 from new_loads where new_loads.load_id = rows_of_load.load_id
            )), 0),
            coalesce(sum(row_count), 0)
        from rows_of_load
        """
    )
    share = tables.one("select sum(records_rejected), sum(records_read) from new_loads")
    return {
        "loads.rows_are_there": (landed[0], landed[1]),
        "loads.rejects_are_there": (rejected[0], rejected[1]),
        "loads.own_every_row": (unowned[0], unowned[1]),
        "loads.few_records_rejected": (share[0], share[1]),
        "loads.most_records_landed": (share[0], share[1]),
    }
