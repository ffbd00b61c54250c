"""A client that openapi-python-client generates from the document trains and predicts.

The generator needs other versions of what is installed here, so that it gets an environment
of its own. It is fetched from the package index.
"""

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.running_tickcast import RunningTickcast

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

UV = Path(sys.executable).with_name("uv")
# Media types that the generator does not know; those operations speak JSON, too.
UNKNOWN = {"application/x-ndjson", "text/csv"}
SCRIPT = textwrap.dedent("""
    import math, sys, time
    from made.api.candles import ingest_candles
    from made.api.lstm import predict_lstm, train_lstm
    from made.api.tasks import read_task
    from made.client import AuthenticatedClient
    from made.models import CandlesRequest, PredictRequest, TaskQueued, TrainRequest

    url, key = sys.argv[1:]
    client = AuthenticatedClient(url, key, prefix="", auth_header_name="X-API-Key", timeout=60)
    closes = [100 + 3 * math.sin(hour / 7) for hour in range(600)]
    rows = [[1_704_067_200 + 3_600 * hour, close, close + 1, close - 1, close, 5.0]
            for hour, close in enumerate(closes)]
    body = CandlesRequest(symbol="WAVE", resolution="1h", candles=rows)
    stored = ingest_candles.sync("file", client=client, body=body, prefer="wait=60")
    assert stored.inserted == 600, stored
    wanted = TrainRequest(model_name="generated", model_id=1, symbol="WAVE", platform="file",
                          resolution="1h", seq_len=8, epochs=1, units=4, folds=2)
    found = train_lstm.sync(client=client, body=wanted, prefer="respond-async")
    assert isinstance(found, TaskQueued), found
    while (task := read_task.sync(found.task_id, client=client)).state in ("queued", "running"):
        time.sleep(0.5)
    assert task.state == "succeeded", task
    asked = PredictRequest(model_name="generated", model_id=1)
    print(predict_lstm.sync(client=client, body=asked).to_dict())
""")


@pytest.fixture
def tickcast(tmp_path: Path) -> Iterator[RunningTickcast]:
    with RunningTickcast(tmp_path / "data") as running:
        yield running


def run(*command: object, folder: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return done.stdout + done.stderr


def test_a_generated_client_has_every_operation_and_trains_and_predicts(
    tickcast: RunningTickcast, tmp_path: Path
) -> None:
    document = httpx.get(f"{tickcast.url}/openapi.json")
    (tmp_path / "openapi.json").write_bytes(document.content)
    operations = sum(len(item) for item in document.json()["paths"].values())
    python = tmp_path / "own/bin/python"
    run(UV, "venv", "-q", "own", folder=tmp_path)
    run(UV, "pip", "install", "-q", "--python", python, "openapi-python-client", folder=tmp_path)

    said = run(
        python.with_name("openapi-python-client"), "generate", "--path", "openapi.json",
        "--meta", "none", "--output-path", "made", folder=tmp_path,
    )  # fmt: skip
    left_out = set(re.findall(r"^Unsupported content type (\S+)$", said, re.MULTILINE))
    made = [file for file in (tmp_path / "made/api").rglob("*.py") if file.name != "__init__.py"]
    answer = run(python, "-c", SCRIPT, tickcast.url, tickcast.key, folder=tmp_path)

    assert left_out <= UNKNOWN
    assert len(made) == operations
    assert "will not be generated" not in said
    assert "will be omitted" not in said
    assert "'verdict':" in answer
