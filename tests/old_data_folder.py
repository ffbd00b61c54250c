"""A data folder that an earlier commit wrote, put back from its text under `tests/fixtures`."""

import base64
import json
import sqlite3
from pathlib import Path
from typing import Any

import redis

FIXTURE = Path(__file__).parent / "fixtures" / "data_dir_e442c9a"


def put_back(folder: Path, client: "redis.Redis") -> dict[str, Any]:
    """Make the folder and fill an empty Redis; returns what the old code answered from them."""
    for name, content in json.loads((FIXTURE / "files.json").read_text()).items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
        path.chmod(0o600)
    records = sqlite3.connect(folder / "tickcast.sqlite3")
    records.executescript((FIXTURE / "records.sql").read_text())
    records.close()
    pipe = client.pipeline(transaction=False)
    for line in (FIXTURE / "redis.jsonl").read_text().splitlines():
        pipe.execute_command(*_command(json.loads(line)))
    pipe.execute()
    return dict(json.loads((FIXTURE / "answers.json").read_text()))


def _command(parts: list[Any]) -> list[Any]:
    name, key, *rest = [_binary(part) for part in parts]
    if name != "TS.MADD":
        return [name, key, *rest]
    samples = zip(rest[::2], rest[1::2], strict=True)
    return [name, *(field for at, value in samples for field in (key, at, value))]


def _binary(part: Any) -> Any:
    return base64.b64decode(part["base64"]) if isinstance(part, dict) else part
