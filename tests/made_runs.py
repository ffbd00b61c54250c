"""Trainings to enter into a registry, with files that nobody reads."""

import uuid
from typing import Any

import msgspec

from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from core.series import Series
from storage.models.registry import Registry
from storage.models.runs import RunRecord
from tests.made_forecasts import SLOT


def run(run_id: str = "run-1", target: ForecastTarget = SLOT, **other: Any) -> RunRecord:
    """Return the record of a training that was promoted."""
    made = RunRecord(
        id=run_id,
        target=target,
        created_at=now_ms(),
        job_id=None,
        reason="requested",
        seed=0,
        options={},
        data_hash="d" * 64,
        first_time=0,
        last_time=300,
        candles=2,
        code_version="1",
        n=10,
        scores={"mae": 1.0},
        baseline_scores={"mae": 1.0},
        verdict="unproven",
        promoted=True,
        decision={"reason": "It was the first."},
        metadata={},
    )
    return msgspec.structs.replace(made, **other)


def enter_run(
    registry: Registry,
    record: RunRecord | None = None,
    champion_id: str | None = None,
    content: bytes = b"{}",
) -> RunRecord:
    """Configure the slot of a training and enter it with one file."""
    record = record or run()
    registry.configure(record.target, {}, 3_600, 7_200)
    folder = registry.new_folder()
    (folder / "model.json").write_bytes(content)
    return registry.enter(record, folder, champion_id)


def named_run(name: str, name_id: str, series: Series, **other: Any) -> RunRecord:
    """Return the record of an LSTM that is called by its name."""
    target = ForecastTarget(series.platform, series.symbol, series.resolution, 1, "lstm")
    given = {"promoted": False, "name": name, "name_id": name_id, **other}
    return run(str(uuid.uuid4()), target, **given)
