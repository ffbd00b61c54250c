"""Whether what models sealed came true as often as they said, beside their walk-forward.

Loads NumPy and SciPy: import it where it is needed.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from core.answers.record import (
    CALIBRATED_DAYS,
    LEAST_OUTCOMES,
    Calibration,
    Calibrations,
    ClassCalibration,
    LiveCalibration,
    ModelCalibration,
)
from core.clock.resolutions import DAY
from core.errors import NotFound
from core.models import SIGNAL
from core.signals import BUY, HOLD, SELL
from ml.record.live_calibration import (
    CLASSES,
    ChanceColumns,
    bins_of,
    has_drifted,
    live_calibration,
)
from storage.models.runs import RunRecord
from storage.record.record_reads import Model, Spoken
from storage.stores import Stores
from tasks.jobs.loaded_models import models

# As kept records call what is kept of one model.
_OF_MODEL = "calibration_of_model"
_LABELS = {HOLD: 0, BUY: 1, SELL: 2}
_NAMES = dict(zip((HOLD, BUY, SELL), CLASSES, strict=True))


def calibrations(stores: Stores, now: int) -> Calibrations:
    """Return the calibration of every model that spoke in the last year at `now` (epoch ms).

    Those that speak for offered slots and have sealed nothing yet are there with their
    walk-forward alone.
    """
    since = now - CALIBRATED_DAYS * DAY * 1_000
    offered = {slot.target for slot in stores.slots.all()}
    spoken = {
        model: told
        for model, told in stores.record_reads.spoken(since).items()
        if model[0] in offered
    }
    for record in stores.registry.targets(SIGNAL):
        if record.target in offered and record.champion_id is not None:
            run = models.run(stores, record.champion_id)
            spoken.setdefault((record.target, run.model_hash), Spoken(0, run.id))
    ordered = sorted(spoken, key=lambda model: (model[0].symbol, model[0].resolution, model[1]))
    return Calibrations(
        as_of=now, models=[_calibration(stores, model, spoken[model], since) for model in ordered]
    )


def _calibration(stores: Stores, model: Model, told: Spoken, since: int) -> ModelCalibration:
    target, model_hash = model
    live = _live(stores, model, told, since) if told.n >= LEAST_OUTCOMES else None
    return ModelCalibration(
        platform=target.platform,
        symbol=target.symbol,
        resolution=target.resolution,
        horizon=target.horizon,
        model_hash=model_hash,
        n_live=told.n,
        live=None if live is None else live.live,
        walk_forward=_walk_forward(stores, told.run_id),
        drift=live is not None and live.drift,
    )


def _live(stores: Stores, model: Model, told: Spoken, since: int) -> LiveCalibration:
    """Return the calibration of sealed chances; it is kept until more outcomes are there."""
    name = f"{model[0]}:{model[1]}"
    kept = stores.kept_records.get(_OF_MODEL, name)
    if kept is not None:
        known = msgspec.json.decode(kept.record, type=LiveCalibration)
        if known.n == told.n:
            return known
    rows = stores.record_reads.chances(model, since)
    chances = np.array([row[:6] for row in rows], np.float64)
    label = np.array([_LABELS[str(row[6])] for row in rows], np.int64)
    columns = ChanceColumns(chances[:, :3], chances[:, 3:], label, model[0].horizon)
    found = LiveCalibration(n=told.n, live=live_calibration(columns), drift=has_drifted(columns))
    stores.kept_records.put(_OF_MODEL, name, found, 0)
    return found


def _walk_forward(stores: Stores, run_id: str | None) -> Calibration | None:
    """Return what the training behind a model showed; None if it is not kept any more."""
    try:
        run = models.run(stores, run_id or "")
    except NotFound:
        return None
    direction = run.scores.get("direction") or {}
    prior = (run.baseline_scores.get("direction") or {}).get("brier")
    parts = run.metadata.get("parts") or {}
    curve = _report(parts, "direction", BUY)
    skill = direction.get("skill") or {}
    return Calibration(
        n=curve.get("n", run.n),
        ece=direction.get("ece", curve.get("ece")),
        brier=direction.get("brier"),
        brier_prior=prior,
        skill=skill.get("value"),
        skill_low=skill.get("low"),
        skill_high=skill.get("high"),
        bins=bins_of(curve.get("bins", [])),
        classes=_classes(parts, run),
    )


def _classes(parts: Mapping[str, Any], run: RunRecord) -> dict[str, ClassCalibration]:
    """Return the calibration of each class; of trainings of earlier versions it was not kept."""
    reports = {name: _report(parts, "signal", word) for word, name in _NAMES.items()}
    return {
        name: ClassCalibration(
            n=report.get("n", run.n), ece=report.get("ece"), bins=bins_of(report.get("bins", []))
        )
        for name, report in reports.items()
    }


def _report(parts: Mapping[str, Any], part: str, name: str) -> dict[str, Any]:
    return dict(((parts.get(part) or {}).get("calibration") or {}).get(name) or {})
