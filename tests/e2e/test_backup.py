"""`tickcast backup` and `restore`: a running server's data, put back elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import HOUR, client_of, stored_rows

ROWS = [(1_700_002_800 + HOUR * n, 10.5, 12.0, 9.0, 11.25, 5.0) for n in range(200)]


def tickcast(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a data folder."""
    return subprocess.run(
        [sys.executable, "-m", "operate.cli", "--data-dir", str(data_dir), *arguments],
        env={n: v for n, v in os.environ.items() if not n.startswith("TICKCAST_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_backup_of_a_running_server_is_restored_into_another_folder(
    stack: RunningTickcast, http: httpx.Client, tmp_path: Path
) -> None:
    body = {"symbol": "KEPT", "resolution": "1h", "candles": ROWS}
    http.post("/ingest/candles/file", json=body, headers={"Prefer": "wait=30"}).raise_for_status()
    file = tmp_path / "backup.tar"

    written = tickcast(stack.data_dir, "backup", str(file))
    onto_running = tickcast(stack.data_dir, "restore", str(file), "--force")
    restored = tickcast(tmp_path / "other", "restore", str(file))
    again = tickcast(tmp_path / "other", "restore", str(file))

    assert written.returncode == 0, written.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert onto_running.returncode == 1
    assert "already runs" in onto_running.stderr
    assert restored.returncode == 0, restored.stderr
    assert again.returncode == 1
    assert "restore with force" in again.stderr
    with RunningTickcast(tmp_path / "other") as other, client_of(other) as client:
        assert stored_rows(client, "file/KEPT/1h") == ROWS
        assert client.get("/tasks").json()["total"] == http.get("/tasks").json()["total"]
        other.process.terminate()
        assert other.process.wait(60) == 0
        assert other.processes() == {}


def test_a_damaged_backup_is_refused(stack: RunningTickcast, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    assert tickcast(stack.data_dir, "backup", str(file)).returncode == 0
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    verified = tickcast(stack.data_dir, "verify-backup", str(file))

    assert verified.returncode == 1
    assert "Traceback" not in verified.stderr
