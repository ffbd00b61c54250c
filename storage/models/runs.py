"""What the registry holds of targets and of trainings."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Row

from core.forecast_target import ForecastTarget
from core.markets import DEFAULT_COSTS_BPS, ROUND_TRIP
from core.series import Series

_TARGET_FIELDS = ForecastTarget.__struct_fields__


class TargetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A target: its champion, and what its next training is asked for.

    It has had a champion since `champion_since`, the present one since
    `promoted_at`. Instants are epoch ms; `retrain_every` and `expires_after` are seconds, 0
    for never. `failures` counts trainings that failed one after another.
    """

    target: ForecastTarget
    created_at: int
    champion_id: str | None
    promoted_at: int | None
    champion_since: int | None
    options: dict[str, Any]
    retrain_every: int
    expires_after: int
    attempted_at: int | None
    failures: int
    last_error: str | None

    def expired(self, now: int) -> bool:
        """Say whether the champion is older than it should get (`now` in epoch ms)."""
        if self.promoted_at is None or not self.expires_after:
            return False
        return now - self.promoted_at >= self.expires_after * 1_000


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One training: from `options`, `seed` and the candles of `data_hash`, by `code_version`.

    With the same four it can be done again, and gives a model of the same
    `model_hash`. `first_time` and `last_time` are the openings (s) of the first
    and last candle. `decision` says what it was compared with and why it was
    promoted or not. A run with a `name` is called by that and `name_id`, and is
    never a champion. `digests` (by file name), `model_hash` and `folder` are set
    when it is stored; without digests its files are not kept any more.
    """

    id: str
    target: ForecastTarget
    created_at: int
    job_id: str | None
    reason: str
    seed: int
    options: dict[str, Any]
    data_hash: str
    first_time: int
    last_time: int
    candles: int
    code_version: str
    n: int
    scores: dict[str, Any]
    baseline_scores: dict[str, Any]
    verdict: str
    promoted: bool
    decision: dict[str, Any]
    metadata: dict[str, Any]
    name: str | None = None
    name_id: str | None = None
    model_hash: str = ""
    digests: dict[str, str] = {}
    folder: str = ""

    @property
    def series(self) -> Series:
        """Return the series that it was trained on."""
        return self.target.series

    def times_dearer(self, costs_bps: float) -> float:
        """Return what a round trip costs now, in multiples of what it was judged at."""
        told = self.metadata.get("costs")
        judged = sum(told[name] for name in ROUND_TRIP) if told else DEFAULT_COSTS_BPS
        if not judged:
            return math.inf if costs_bps else 1.0
        return float(costs_bps / judged)

    def values(self) -> dict[str, Any]:
        """Return its columns."""
        own = msgspec.structs.asdict(self)
        return msgspec.structs.asdict(own.pop("target")) | own


def target_record(row: Row[Any]) -> TargetRecord:
    """Return what a row of `targets` holds."""
    return TargetRecord(target=_target(row), **_own(row, TargetRecord.__struct_fields__))


def run_record(row: Row[Any]) -> RunRecord:
    """Return what a row of `runs` holds."""
    return RunRecord(target=_target(row), **_own(row, RunRecord.__struct_fields__))


def hash_of_contents(files: Mapping[str, bytes]) -> str:
    """Return `hash_of_files` of files that are not written yet."""
    return hash_of_files({name: hashlib.sha256(files[name]).hexdigest() for name in files})


def hash_of_files(digests: Mapping[str, str]) -> str:
    """Return the SHA-256, in hex, of the names and digests of a model's files."""
    lines = "".join(f"{name} {digests[name]}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()


def _target(row: Row[Any]) -> ForecastTarget:
    return ForecastTarget(*(row._mapping[field] for field in _TARGET_FIELDS))


def _own(row: Row[Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in fields if name != "target"}
