"""One table of trainings of every kind, and their models in files.

What was `slots` and `slot_runs` becomes `targets` and `runs`; the trainings of
`lstm_models` and `next_candle_runs` join them. Folders stay where they are.
"""

import hashlib
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TARGET = ("platform", "symbol", "resolution", "horizon", "model")
NEXT_CANDLE, WEEK, MONTH = "next_candle", 604_800, 2_592_000


def upgrade() -> None:
    op.create_table(
        "targets",
        *_target_columns(),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("champion_id", sa.String(36)),
        sa.Column("promoted_at", sa.BigInteger()),
        sa.Column("champion_since", sa.BigInteger()),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("retrain_every", sa.Integer(), nullable=False),
        sa.Column("expires_after", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(500)),
        sa.PrimaryKeyConstraint(*TARGET, name=op.f("pk_targets")),
    )
    runs = op.create_table(
        "runs",
        sa.Column("id", sa.String(36), nullable=False),
        *_target_columns(),
        sa.Column("name", sa.String(64)),
        sa.Column("name_id", sa.String(64)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.String(36)),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("data_hash", sa.String(64), nullable=False),
        sa.Column("first_time", sa.BigInteger(), nullable=False),
        sa.Column("last_time", sa.BigInteger(), nullable=False),
        sa.Column("candles", sa.Integer(), nullable=False),
        sa.Column("code_version", sa.String(128), nullable=False),
        sa.Column("model_hash", sa.String(64), nullable=False),
        sa.Column("digests", sa.JSON(), nullable=False),
        sa.Column("folder", sa.String(200), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("baseline_scores", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("name", "name_id", name="uq_runs_name"),
    )
    op.create_index("ix_runs_target", "runs", TARGET)
    op.create_index("ix_runs_job", "runs", ["job_id"])
    _copy("slots", "targets")
    _copy("slot_runs", "runs", folder="'slot_models/' || folder")
    connection = op.get_bind()
    networks = [_run_of_network(row) for row in _rows(connection, "lstm_models")]
    candles = list(_rows(connection, "next_candle_runs"))
    for row in networks:
        connection.execute(runs.insert(), row)
    for row in candles:
        connection.execute(runs.insert(), _run_of_candle(row))
    _next_candle_targets(connection)
    for name in ("slots", "slot_runs", "lstm_models", "next_candle_runs"):
        op.drop_table(name)


def downgrade() -> None:
    raise RuntimeError("Models have moved into files: go back with a backup.")


def _target_columns() -> list["sa.Column[Any]"]:
    return [
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(32), nullable=False),
    ]


def _copy(old: str, new: str, **changed: str) -> None:
    """Copy all rows of a table into one that has its columns."""
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(old)]
    values = ", ".join(changed.get(name, name) for name in columns)
    op.execute(f"INSERT INTO {new} ({', '.join(columns)}) SELECT {values} FROM {old}")


def _rows(connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    return [dict(row._mapping) for row in connection.execute(sa.select(table))]


def _run_of_network(row: dict[str, Any]) -> dict[str, Any]:
    """Return the run that an LSTM with a name becomes; its folder's last part is its own."""
    noted, folder = row["metadata"], f"models/{row['folder']}"
    return {
        **{name: row[name] for name in ("platform", "symbol", "resolution", "created_at")},
        "id": row["folder"].rpartition("/")[2],
        "horizon": noted.get("nsteps") or 1,
        "model": "lstm",
        "name": row["name"],
        "name_id": row["id"],
        "job_id": noted.get("job_id"),
        "reason": "requested",
        "seed": noted.get("seed") or 0,
        "options": noted.get("options") or {},
        "data_hash": noted.get("data_hash") or "",
        "first_time": _seconds(noted.get("first_time")),
        "last_time": _seconds(noted.get("last_time")),
        "candles": noted.get("candles") or 0,
        "code_version": (noted.get("versions") or {}).get("tickcast") or "",
        "model_hash": _hash_of_files(row["digests"]),
        "digests": row["digests"],
        "folder": folder,
        "n": noted.get("n") or 0,
        "scores": noted.get("scores") or {},
        "baseline_scores": noted.get("baseline_scores") or {},
        "verdict": noted.get("verdict") or "unproven",
        "promoted": False,
        "decision": {"reason": "It is called by its name.", "comparisons": []},
        "metadata": noted,
    }


def _run_of_candle(row: dict[str, Any]) -> dict[str, Any]:
    """Return the run that a training of the next candle becomes, its model written to a file."""
    result = dict(row["result"])
    described = result.pop("model", {})
    digests, folder = _to_file(row["id"], row["model"])
    same = ("id", "platform", "symbol", "resolution", "job_id", "seed", "options", "candles")
    return {
        **{name: row[name] for name in (*same, "first_time", "last_time", "code_version")},
        "horizon": 1,
        "model": NEXT_CANDLE,
        "created_at": row["finished_at"],
        "reason": "requested",
        "data_hash": result.get("data_hash") or "",
        "model_hash": row["model_hash"],
        "digests": digests,
        "folder": folder,
        "n": max(0, (result.get("samples") or 0) - (result.get("split_train") or 0)),
        "scores": {name: result.get(name) for name in ("mae", "mape", "smape", "skill")},
        "baseline_scores": result.get("baseline") or {},
        "verdict": result.get("verdict") or "unproven",
        "promoted": True,
        "decision": {"reason": "The newest training speaks.", "comparisons": []},
        "metadata": {
            "result": result,
            "model": described,
            "days": row["days"],
            "message": row["message"],
            "started_at": row["started_at"],
            "finished_at": row["finished_at"],
        },
    }


def _to_file(run_id: str, model: str | None) -> tuple[dict[str, str], str]:
    """Write a model that SQL held into a folder of its own; returns digests and folder.

    The records commit later: what a crash leaves behind until then is written
    again, with the same content.
    """
    if model is None:
        return {}, ""
    place, content = f"models/{run_id}", model.encode()
    folder: Path = context.config.attributes["data_dir"] / place
    draft = folder.with_name(f".{run_id}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    with (draft / "model.json").open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    for path in (folder, folder.parent, folder.parent.parent):
        _sync(path)
    return {"model.json": hashlib.sha256(content).hexdigest()}, place


def _next_candle_targets(connection: sa.Connection) -> None:
    """Let the newest training of each series speak."""
    op.execute(
        f"""
        INSERT INTO targets (platform, symbol, resolution, horizon, model, created_at,
            champion_id, promoted_at, champion_since, options, retrain_every, expires_after,
            attempted_at, failures)
        SELECT platform, symbol, resolution, horizon, model, MIN(created_at),
            '', MAX(created_at), MIN(created_at), '{{}}', {WEEK}, {MONTH}, MAX(created_at), 0
        FROM runs WHERE model = '{NEXT_CANDLE}'
        GROUP BY platform, symbol, resolution, horizon, model
        """
    )
    runs = sa.Table("runs", sa.MetaData(), autoload_with=connection)
    targets = sa.Table("targets", sa.MetaData(), autoload_with=connection)
    order = runs.c.created_at, runs.c.id.desc()
    for run in connection.execute(
        sa.select(runs).where(runs.c.model == NEXT_CANDLE).order_by(*order)
    ):
        here = sa.and_(*(targets.c[name] == run._mapping[name] for name in TARGET))
        options = {"options": run.options, "seed": run.seed, "folds": 4}
        options["days"] = run.metadata["days"]
        values = {"champion_id": run.id, "options": options}
        connection.execute(targets.update().where(here).values(values))


def _hash_of_files(digests: dict[str, str]) -> str:
    lines = "".join(f"{name} {digests[name]}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()


def _seconds(text: str | None) -> int:
    return int(datetime.fromisoformat(text).timestamp()) if text else 0


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
