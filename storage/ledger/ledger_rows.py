"""What goes into the ledger and what comes out of it."""

from typing import Any

import msgspec

from core.forecast_target import ForecastTarget, deadline_ms

OUTCOME, MISSED = "outcome", "missed"
LATE = "it was made too late"


def columns_of(record: msgspec.Struct) -> dict[str, Any]:
    """Return the fields of a record as columns, those of its target among them."""
    own = msgspec.structs.asdict(record)
    return msgspec.structs.asdict(own.pop("target")) | own


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one close; what an outside forecaster does not say is None."""

    predicted: float
    low_80: float | None
    high_80: float | None
    low_95: float | None
    high_95: float | None
    prob_up: float | None


class Forecast(Said, frozen=True, kw_only=True):
    """A forecast before it is in the ledger.

    `opening` is that of the candle whose close is forecast (s), `first_opening`
    that of the first candle after the inputs, and `input_end` when the last
    candle of the inputs closed. `prob_up` is the chance of a close above
    `last_price`. Hashes are SHA-256 in hex: of the model's files, and of the
    candles that the forecast was made from. `costs_bps` is what a round trip
    costs on this market, in basis points; `thin` says whether the last candles
    seemed cut short. What a forecaster outside this server does not say is None, and
    its hashes are empty.
    """

    target: ForecastTarget
    opening: int
    first_opening: int
    input_end: int
    last_price: float
    model_hash: str
    data_hash: str
    costs_bps: float | None = None
    thin: bool | None = None

    @property
    def deadline(self) -> int:
        """Return the last instant (epoch ms) at which it may be entered."""
        return deadline_ms(self.first_opening, self.target.resolution)

    @property
    def key(self) -> tuple[ForecastTarget, int]:
        """Return what there may be one forecast of."""
        return self.target, self.opening

    def values(self, made_at: int) -> dict[str, Any]:
        """Return its columns."""
        return columns_of(self) | {"made_at": made_at}


class Missed(msgspec.Struct, frozen=True):
    """Forecasts that were due and not made: targets from `opening` to `last_opening` (s)."""

    target: ForecastTarget
    opening: int
    last_opening: int
    count: int
    reason: str

    def values(self, recorded_at: int) -> dict[str, Any]:
        """Return its columns."""
        event = {"recorded_at": recorded_at, "kind": MISSED, "seq": None, "realised": None}
        event["last_price"] = None
        return columns_of(self) | event


def missed_late(forecast: Forecast) -> Missed:
    """Return what a forecast that came too late is noted as."""
    return Missed(forecast.target, forecast.opening, forecast.opening, 1, LATE)


class LedgerRow(Said, frozen=True, kw_only=True):
    """A row of the ledger; `realised` is None until its outcome was recorded.

    `later_price` is the close of the candle before its first target, where the
    forecast was made too early to know it.
    """

    ledger: str
    seq: int
    made_at: int
    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str
    opening: int
    first_opening: int
    input_end: int
    last_price: float
    model_hash: str
    data_hash: str
    prev_hash: str
    hash: str
    costs_bps: float | None = None
    thin: bool | None = None
    realised: float | None = None
    later_price: float | None = None

    @property
    def intervals(self) -> dict[str, list[float]]:
        """Return the bounds that were said, by coverage."""
        bounds = {"0.8": (self.low_80, self.high_80), "0.95": (self.low_95, self.high_95)}
        return {
            level: [low, high]
            for level, (low, high) in bounds.items()
            if low is not None and high is not None
        }

    @property
    def baseline_price(self) -> float:
        """Return what last price says: no forecast is judged by an older price than its target's.

        So nobody looks skilled by waiting while a candle is made and naming its price.
        """
        return self.last_price if self.later_price is None else self.later_price

    @property
    def target(self) -> ForecastTarget:
        """Return the target that it belongs to."""
        return ForecastTarget(self.platform, self.symbol, self.resolution, self.horizon, self.model)

    def outcome_values(
        self, realised: float, recorded_at: int, later_price: float | None
    ) -> dict[str, Any]:
        """Return the columns of its outcome."""
        return msgspec.structs.asdict(self.target) | {
            "recorded_at": recorded_at,
            "kind": OUTCOME,
            "seq": self.seq,
            "opening": self.opening,
            "last_opening": self.opening,
            "count": 1,
            "realised": realised,
            "reason": None,
            "last_price": later_price,
        }


class Pending(msgspec.Struct, frozen=True):
    """A forecast whose target has not been joined yet."""

    ledger: str
    seq: int
    opening: int
    first_opening: int | None
    input_end: int | None

    @property
    def early(self) -> bool:
        """Say whether candles may have ended between its inputs and its first target."""
        return self.input_end is not None and self.input_end != self.first_opening


class Appended(msgspec.Struct, frozen=True):
    """What became of forecasts: entered, refused as too late, or entered before."""

    rows: list[LedgerRow]
    late: list[Forecast]
    known: list[Forecast]
