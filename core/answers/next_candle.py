"""Answers about the next candle, in the words of source 000."""

from typing import Any

from msgspec import Struct

from core.answers.forecasts import SlotTrained


class CloseErrors(Struct):
    """Errors of the close on the newest fifth: `mae` in quote currency, the others in percent."""

    mae: float
    mape: float | None
    smape: float | None


class Trained(CloseErrors):
    """A training: errors where it had not learnt, beside those of last price (`baseline`).

    `verdict` says whether that is better, beyond chance. The walk-forward of the
    same recipe follows in the task, under `walk_forward` of its result.
    """

    status: str
    samples: int
    split_train: int
    split_total: int
    validation_start: str
    baseline: CloseErrors
    skill: dict[str, float | None]
    verdict: str
    direction: dict[str, float | None]
    targets: dict[str, Any]
    last_candle: str
    started_at: str
    finished_at: str
    message: str
    platform: str
    symbol: str
    resolution: int
    days: int
    data_hash: str
    library: str | None
    run_id: str


class NotWalked(Struct):
    """Why the walk-forward of a training was not made."""

    promoted: bool
    reason: str


class Walked(Struct):
    """The walk-forward of a training, and whether its series is watched now."""

    walk_forward: SlotTrained | NotWalked
    watched: bool


class Materialized(Struct):
    """How many points the cached series holds."""

    status: str
    materialized: int


class Computed(Struct):
    """How many points were computed, where the rest begins, and where they are."""

    status: str
    points: int
    next: int | None
    href: str


class Updated(Struct):
    """How many ledger rows were written or scored."""

    status: str
    updated: int


class FuturesUpdated(Struct):
    """The same, after candles were fetched."""

    status: str
    futures_updated: int
