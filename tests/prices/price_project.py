"""A dbt project of nothing but the price models, over calls that a test makes up."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "models/intermediate/prices",
    "macros/incremental",
    "macros/prices",
    "macros/warehouse",
    "seeds/prices",
)


@dataclass(frozen=True)
class Call:
    """One row of int_calls__token_buckets, as far as prices read it."""

    model_provider: str | None
    model_used: str | None
    started_at: datetime
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_5m_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    model_requested: str | None = None
    service_tier: str | None = None
    api_mode: str | None = None
    call_kind: str = "model"


@dataclass(frozen=True)
class Priced:
    cost_usd: Decimal | None
    cost_status: str
    price_provider_id: str | None
    price_model_id: str | None
    price_source: str | None
    price_valid_from: datetime | None
    price_context: str | None
    input_cost_usd: Decimal | None
    output_cost_usd: Decimal | None
    request_cost_usd: Decimal | None


class PriceProject:
    def __init__(self, folder: Path, calls: Sequence[Call]) -> None:
        self.folder = folder
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(ROOT / "profiles.yml", folder)
        self._write_settings()
        self._write_calls(calls)

    def priced(self, *arguments: str) -> list[Priced]:
        """Build, and give back the calls in the order in which they came."""
        self._dbt("build", "--exclude-resource-type", "test", "unit_test", *arguments)
        columns = ", ".join(field.name for field in fields(Priced))
        with duckdb.connect(self.folder / "prices.duckdb", read_only=True) as connection:
            rows = connection.execute(
                f"select {columns} from intermediate.int_calls__priced order by span_no"
            ).fetchall()
        return [Priced(*row) for row in rows]

    def _write_settings(self) -> None:
        settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
        # The check of the whole project's settings has no place in a part of it.
        del settings["on-run-start"]
        models = settings["models"]["spanmart"]
        settings["models"] = {"spanmart": {"intermediate": models["intermediate"]}}
        (self.folder / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def _write_calls(self, calls: Sequence[Call]) -> None:
        rows: list[dict[str, Any]] = [
            {
                "span_no": number,
                "trace_id": f"{number:032x}",
                "span_id": f"{number:016x}",
                **asdict(call),
            }
            for number, call in enumerate(calls)
        ]
        types = {
            field.name: pa.int64() if field.name.endswith("_tokens") else pa.string()
            for field in fields(Call)
        }
        types |= {
            "span_no": pa.int64(),
            "trace_id": pa.string(),
            "span_id": pa.string(),
            "started_at": pa.timestamp("us"),
            "usage_status": pa.string(),
            "provided_cost_usd": pa.decimal128(38, 12),
        }
        pq.write_table(
            pa.Table.from_pylist(rows, schema=pa.schema(list(types.items()))),
            self.folder / "calls.parquet",
        )
        model = self.folder / "models/intermediate/int_calls__token_buckets.sql"
        model.write_text("select * from read_parquet('calls.parquet')\n", encoding="utf-8")

    def _dbt(self, *arguments: str) -> None:
        environment = os.environ | {"SPANMART_WAREHOUSE": str(self.folder / "prices.duckdb")}
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "--quiet", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
