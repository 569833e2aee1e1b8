"""A real Phoenix and a real MLflow on loopback, from a virtual environment of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# `make servers` puts them there. A place of its own: what they depend on contradicts what we do.
BIN = Path(os.environ.get("SPANMART_SERVERS") or ROOT / ".venv-servers" / "bin")
# Importing either of them takes ten seconds on an idle machine, and tests run beside others.
_LONGEST_START = 240.0


def missing() -> str:
    """Why these tests cannot run; nothing if they can."""
    names = [name for name in ("phoenix", "mlflow") if not (BIN / name).exists()]
    return f"no {' and no '.join(names)} in {BIN.name}: `make servers`" if names else ""


@dataclass
class Starting:
    """A server that was started."""

    url: str
    health: str
    process: subprocess.Popen[bytes]
    log: Path

    def ready(self) -> str:
        """Its address, once it answers."""
        end = time.monotonic() + _LONGEST_START
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.url + self.health, timeout=5):
                    return self.url
            except OSError:
                time.sleep(0.2)
        raise AssertionError(
            f"{self.url} did not come up: {self.log.read_text(errors='replace')[-2000:]}"
        )


@contextmanager
def both(folder: Path) -> Iterator[tuple[str, str]]:
    """Phoenix and MLflow, which start beside each other."""
    with phoenix(folder / "phoenix") as one, mlflow(folder / "mlflow") as other:
        yield one.ready(), other.ready()


@contextmanager
def phoenix(folder: Path) -> Iterator[Starting]:
    port, grpc = _free_port(), _free_port()
    settings = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }
    with _running([str(BIN / "phoenix"), "serve"], settings, folder, port, "/healthz") as starting:
        yield starting


@contextmanager
def mlflow(folder: Path) -> Iterator[Starting]:
    port = _free_port()
    command = [
        *(str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    # Without the eight processes that run its jobs, which nothing here is.
    settings = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with _running(command, settings, folder, port, "/health") as starting:
        yield starting


def ask(url: str, body: object = None, method: str | None = None, **headers: str) -> Any:
    """JSON, or bytes as protobuf, to JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
    kind = "application/x-protobuf" if isinstance(body, bytes) else "application/json"
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        url, data, {"Content-Type": kind, **names}, method=method or ("POST" if data else "GET")
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        content = answer.read()
    return json.loads(content) if content[:1] in (b"{", b"[") else content


def frames(path: Path) -> Iterator[bytes]:
    """The messages of a file that has a varint of its length before each."""
    data, place = path.read_bytes(), 0
    while place < len(data):
        length = shift = 0
        while True:
            byte = data[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield data[place : place + length]
        place += length


@contextmanager
def _running(
    command: list[str], settings: Mapping[str, str], folder: Path, port: int, health: str
) -> Iterator[Starting]:
    folder.mkdir(parents=True, exist_ok=True)
    own = {"HOME": str(folder), "TMPDIR": str(folder), "DO_NOT_TRACK": "1", **settings}
    clean = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=clean | own, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield Starting(f"http://127.0.0.1:{port}", health, process, log)
    finally:
        # It has processes of its own, and nothing in them is worth a slow farewell.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
