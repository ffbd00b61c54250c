"""Every command of docker-compose.yml runs, against its Redis's options and a PostgreSQL."""

import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bench.running_tickcast import free_port
from core.settings import Settings
from operate.embedded_redis import server_command
from tests.e2e.conftest import wait_for

COMPOSE = Path(__file__).parents[3] / "docker-compose.yml"
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "tickcast"}
PATIENCE = 150
KEY = "an-owner-key-for-compose"


def postgres_program(name: str) -> str:
    """Return Debian's program; without one the test is skipped, but never in CI."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    if os.environ.get("CI", "").lower() == "true":
        raise FileNotFoundError(f"CI has no PostgreSQL: apt-get install postgresql ({name})")
    pytest.skip("NOT TESTED: no PostgreSQL here; apt-get install postgresql")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def database(stack: ExitStack, tmp_path: Path) -> str:
    """Address of an empty PostgreSQL that runs as a user of its own."""
    initdb, postgres = postgres_program("initdb"), postgres_program("postgres")
    folder, port = tmp_path / "postgres", free_port()
    folder.mkdir()
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        for place in (folder, *tmp_path.parents, tmp_path):
            if place.owner() == "root" and Path(tempfile.gettempdir()) in place.parents:
                place.chmod(place.stat().st_mode | 0o055)
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    options = ["-D", str(folder), "-U", "tickcast", "--auth", "trust", "-E", "UTF8"]
    subprocess.run([initdb, *options], check=True, user=user, stdout=-3, cwd="/")
    command = [postgres, "-D", str(folder), "-p", str(port), "-k", str(folder)]
    server = subprocess.Popen([*command, "-c", "fsync=off"], user=user, stderr=-3, cwd="/")
    stack.callback(server.wait)
    stack.callback(server.terminate)
    create = [postgres_program("createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "tickcast"]
    wait_for(lambda: subprocess.run([*create, "tickcast"], stderr=-3).returncode == 0, 30, "SQL")
    return f"postgresql+psycopg2://tickcast@127.0.0.1:{port}/tickcast"


@pytest.fixture
def broker(stack: ExitStack, tmp_path: Path) -> str:
    """Address of a Redis with compose's options and its user."""
    port = free_port()
    options = [re.sub(r"\$\{.*?\}", "secret", o) for o in SERVICES["redis"]["command"]][1:]
    own = Settings(data_dir=tmp_path / "redis", _env_file=None)
    line, environment = server_command(own)
    command = [*line, "--port", str(port), "--bind", "127.0.0.1", *options]
    server = subprocess.Popen(command, env=environment, stdout=-3)
    stack.callback(server.wait)
    stack.callback(server.terminate)
    return f"redis://tickcast:secret@127.0.0.1:{port}/0"


def test_the_migration_ends_and_then_all_services_are_healthy_together(
    stack: ExitStack, database: str, broker: str, tmp_path: Path
) -> None:
    port = free_port()
    environment = {n: v for n, v in os.environ.items() if not n.startswith("TICKCAST_")} | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TICKCAST_HOST": "127.0.0.1",
        "TICKCAST_PORT": str(port),
        "TICKCAST_DATA_DIR": str(tmp_path / "data"),
        "TICKCAST_REDIS_URL": broker,
        "TICKCAST_DATABASE_URL": database,
        "TICKCAST_OWNER_KEY": KEY,
    }
    stack.callback(shutil.rmtree, tmp_path / "data", ignore_errors=True)

    def run(name: str) -> "subprocess.Popen[bytes]":
        command = shlex.split(OURS[name]["command"])
        return subprocess.Popen(
            [sys.executable, "-m", "operate.container", *command],
            env=environment,
            cwd=COMPOSE.parent,
            start_new_session=True,
        )

    assert run("migrate").wait(60) == 0
    services = {name: run(name) for name in OURS if name != "migrate"}
    for service in services.values():
        stack.callback(service.wait)
        stack.callback(service.terminate)

    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"X-API-Key": KEY}, timeout=10
    ) as client:

        def healthy() -> bool:
            assert all(one.poll() is None for one in services.values())
            try:
                return bool(client.get("/health").json()["status"] == "healthy")
            except (httpx.HTTPError, ValueError):
                return False

        wait_for(healthy, PATIENCE, "health")
        body = {"symbol": "A-B", "resolution": 60, "candles": [[60, 1, 2, 1, 2, 3]]}
        stored = client.post("/ingest/candles/file", json=body).raise_for_status().json()
        path = f"/tasks/{stored['task_id']}"
        wait_for(lambda: client.get(path).json()["state"] == "succeeded", 30, "the task")
        assert client.get("/candles/file/A-B/60").json()["candles"]
