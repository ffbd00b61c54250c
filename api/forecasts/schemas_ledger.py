"""Shapes of the ledger's routes."""

import re
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from api.candles.schemas_candles import PAGE_LIMIT
from api.http.schemas import Json, Name, ResolutionName, Symbol
from api.http.tables import PAGED, Form
from core.clock.times import format_time
from core.forecast_target import HORIZON_LIMITS
from core.models import EXTERNAL, known_models
from core.names import NAME_LENGTH
from storage.ledger.ledger_rows import LedgerRow
from storage.ledger.ledger_verify import Verification
from storage.ledger.signal_rows import SealedSignal, SignalSaid

Chain = Literal["forecasts", "signals"]
VerifiedChain = Literal["forecasts", "signals", "executions", "orders", "decisions"]
WHEN = "ISO 8601, or epoch seconds or milliseconds, UTC; left empty it counts as not given."


# Ours, those that other packages bring, and forecasters outside this server.
AnyModel = Annotated[
    str,
    Meta(
        max_length=NAME_LENGTH,
        extra_json_schema={
            "anyOf": [{"enum": list(known_models())}, {"pattern": rf"^{re.escape(EXTERNAL)}"}]
        },
    ),
]


class SlotQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """A ledger (`live`, `walk.NAME`, or the name that a replay told), and which of its slots."""

    ledger: Name = "live"
    platform: Name | UnsetType = UNSET
    symbol: Symbol | UnsetType = UNSET
    resolution: ResolutionName | UnsetType = UNSET
    horizon: Annotated[int, Meta(ge=HORIZON_LIMITS[0], le=HORIZON_LIMITS[1])] | UnsetType = UNSET
    model: AnyModel | UnsetType = UNSET


class LedgerQuery(SlotQuery, forbid_unknown_fields=True, kw_only=True):
    """Rows whose target opens from `start` to `end`, both included, told in pages.

    Of the chain of signals `ledger` says nothing: there is one.
    """

    chain: Chain = "forecasts"
    start: Annotated[str, Meta(description=WHEN)] | UnsetType = UNSET
    end: Annotated[str, Meta(description=WHEN)] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT, description=PAGED)] | UnsetType = UNSET
    cursor: Annotated[str, Meta(max_length=96)] | UnsetType = UNSET
    format: Form | UnsetType = UNSET


class VerifyQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which ledger of forecasts to verify (all of them unless said), or one of the other chains."""

    chain: VerifiedChain = "forecasts"
    ledger: Name | UnsetType = UNSET


class LedgerBaseline(Struct):
    """What needs no model."""

    last_price: float


class LedgerRowShown(Struct):
    """A forecast. `opening` is that of the candle whose close is forecast.

    Realised fields are null until that candle has closed; errors are what came
    minus what was said. `costs_bps` is what a round trip cost, in basis points,
    and `thin` whether the last candles seemed cut short (null in rows of earlier
    versions). What an outside forecaster did not say is null or left out, and its hashes
    are empty. Where it spoke before the candle before its first target had closed,
    that candle's close is `later_price`, and last price's error is counted from there.
    `hash` covers what was said, as `/docs` tells.
    """

    seq: int
    ledger: str
    made_at: str
    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str
    opening: str
    predicted: float
    intervals: dict[str, list[float]]
    prob_up: float | None
    baseline: LedgerBaseline
    realised: float | None
    error: float | None
    baseline_error: float | None
    model_hash: str
    data_hash: str
    prev_hash: str
    hash: str
    first_opening: str
    input_end: str
    costs_bps: float | None
    thin: bool | None
    later_price: float | None


class SealedSignalShown(SignalSaid, frozen=True, kw_only=True):
    """A signal as it was sealed by the schedule. `opening` is that of the last of its candles.

    `side` is the one that earns more; of a hold, exits are those that it would have had.
    `pnl_percent` (after costs) and `exit` tell what became of a position on that side,
    `label` which of buy's and sell's barriers came first (hold: neither), `closed_at` when it
    closed; null until that is known. `hash` covers all fields but those four, as `/docs` tells.
    From `side` to `run_id`, rows of earlier versions have nulls, in `closed_at` too.
    """

    seq: int
    made_at: str
    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str
    opening: str
    first_opening: str
    input_end: str
    prev_hash: str
    hash: str
    pnl_percent: float | None
    exit: str | None
    label: str | None
    closed_at: str | None


class LedgerPageShown(Struct):
    """Rows in the order in which they were entered; `next_cursor` is null at the end.

    Of the chain of signals, these stand in `signals` in their place. `missed`
    counts by reason what was due and not made in time: of the signals, and of
    forecasts where one model is asked for.
    """

    rows: list[LedgerRowShown]
    next_cursor: str | None
    signals: list[SealedSignalShown] | UnsetType = UNSET
    missed: dict[str, int] | UnsetType = UNSET


class LedgerVerified(Struct):
    """Whether one ledger is what it was; see `LedgersVerified`."""

    ok: bool
    ledger: str
    rows: int
    head: str
    first_bad: int | None
    reason: str | None
    chain: str | None
    events: int
    events_head: str


class LedgersVerified(LedgerVerified):
    """Whether ledgers are what they were.

    `rows` and `head` (the hash of the last row) are those of the ledger asked
    for, or of the live one; `ok` is about all that were looked at. `first_bad`
    is the number of the first row that is not what it was. `events` are
    outcomes and missed forecasts, in a chain of their own.
    """

    ledgers: list[LedgerVerified]


class ScoreboardRow(Struct):
    """Scores of a slot from the ledger: `n` forecasts with an outcome, and how many were missed.

    `late` of the missed ones came too late. Of the live ledger every interval, and so
    the verdict, and every p-value holds however often somebody looks. `p_value_of_all` is
    that of smaller errors than last price's (`scores.dm.better_p_value`), adjusted by Holm for
    all slots of the ledger: of many slots some look skilled by chance.
    """

    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str
    ledger: str
    n: int
    missed: int
    scores: Json
    baseline_scores: Json
    verdict: str
    updated_at: str | None
    champion: str | None
    champion_since: str | None
    promoted_at: str | None
    expired: bool
    last_error: str | None
    p_value_of_all: float | None = None
    late: int = 0


class Scoreboard(Struct):
    """A row for each slot of a ledger."""

    ledger: str
    rows: list[ScoreboardRow]


def show_row(row: LedgerRow) -> LedgerRowShown:
    """Return a row as the API shows it."""
    came = row.realised
    return LedgerRowShown(
        seq=row.seq,
        ledger=row.ledger,
        made_at=format_time(row.made_at),
        platform=row.platform,
        symbol=row.symbol,
        resolution=row.resolution,
        horizon=row.horizon,
        model=row.model,
        opening=format_time(row.opening * 1_000),
        predicted=row.predicted,
        intervals=row.intervals,
        prob_up=row.prob_up,
        baseline=LedgerBaseline(row.last_price),
        realised=came,
        error=None if came is None else came - row.predicted,
        baseline_error=None if came is None else came - row.baseline_price,
        model_hash=row.model_hash,
        data_hash=row.data_hash,
        prev_hash=row.prev_hash,
        hash=row.hash,
        first_opening=format_time(row.first_opening * 1_000),
        input_end=format_time(row.input_end * 1_000),
        costs_bps=row.costs_bps,
        thin=row.thin,
        later_price=row.later_price,
    )


def show_sealed(row: SealedSignal) -> SealedSignalShown:
    """Return a sealed signal as the API shows it."""
    told = structs.asdict(row) | {"made_at": format_time(row.made_at)}
    del told["grid"]
    for name in ("opening", "first_opening", "input_end"):
        told[name] = format_time(getattr(row, name) * 1_000)
    if row.closed_at is not None:
        told["closed_at"] = format_time(row.closed_at)
    return SealedSignalShown(**told)


def show_verification(found: Verification) -> LedgerVerified:
    """Return what was found as the API shows it."""
    names = LedgerVerified.__struct_fields__
    return LedgerVerified(**{name: getattr(found, name) for name in names})
