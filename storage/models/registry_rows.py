"""What the registry holds of targets and of trainings."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from core.forecast_target import ForecastTarget


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
    promoted or not. `digests`, `model_hash` and `folder` are set by the registry.
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
    model_hash: str = ""
    digests: dict[str, str] = {}
    folder: str = ""

    def values(self) -> dict[str, Any]:
        """Return its columns."""
        own = msgspec.structs.asdict(self)
        return msgspec.structs.asdict(own.pop("target")) | own


def hash_of_contents(files: Mapping[str, bytes]) -> str:
    """Return `hash_of_files` of files that are not written yet."""
    return hash_of_files({name: hashlib.sha256(files[name]).hexdigest() for name in files})


def hash_of_files(digests: Mapping[str, str]) -> str:
    """Return the SHA-256, in hex, of the names and digests of a model's files."""
    lines = "".join(f"{name} {digests[name]}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()
