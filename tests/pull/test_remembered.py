"""What a pull remembers, in a folder and in object storage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spanmart.pull.errors import PullFailed
from spanmart.pull.remembered import Of, Read, known, remember

OF = Of("langfuse", "cloud.example.com", "clx", "scores")
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)


def read(of: Of, until: datetime) -> Read:
    return Read(of, "support", until - timedelta(days=1), until, rows=3, requests=2, retries=0)


@pytest.fixture(params=["folder", "bucket"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path | str]:
    if request.param == "folder":
        yield tmp_path / "landing"
        return
    moto = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    pytest.importorskip("obstore")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket="telemetry")
    yield "s3://telemetry/prod/landing"
    server.stop()


def test_the_latest_time_of_the_same_stream_is_remembered(place: Path | str) -> None:
    """Whatever the order in which two pulls write it down."""
    assert known(place) == {}
    for until in (MIDNIGHT, MIDNIGHT + timedelta(days=2), MIDNIGHT + timedelta(days=1)):
        remember(place, read(OF, until))
    assert known(place) == {OF: MIDNIGHT + timedelta(days=2)}


@pytest.mark.parametrize("other", ["vendor", "host", "project_id", "stream"])
def test_another_stream_is_remembered_apart(tmp_path: Path, other: str) -> None:
    remember(tmp_path, read(OF, MIDNIGHT))
    elsewhere = {name: getattr(OF, name) for name in OF.__dataclass_fields__} | {other: "other"}
    remember(tmp_path, read(Of(**elsewhere), MIDNIGHT - timedelta(days=1)))
    assert known(tmp_path) == {OF: MIDNIGHT, Of(**elsewhere): MIDNIGHT - timedelta(days=1)}


def test_a_damaged_file_is_named_and_what_to_do(tmp_path: Path) -> None:
    remember(tmp_path, read(OF, MIDNIGHT))
    [file] = tmp_path.glob("pulls/*/*.parquet")
    file.write_bytes(b"PAR1")
    with pytest.raises(PullFailed, match=f"{file.name}.*delete it"):
        known(tmp_path)
