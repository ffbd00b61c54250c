"""Signals: chances, what a walk-forward proved, and one word for both; each is stored."""

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from core.answers.signals import OutlookInput, RangeAhead, Seal, SignalData, SignalLevels
from core.clock.times import format_time, now_ms
from core.errors import ModelUnavailable
from core.forecast_target import ForecastTarget
from core.jobs import Job, Json
from core.markets import MarketRecord
from core.models import exits_of
from core.requests import PathRequest
from core.series import Market, Series
from core.signals import (
    HOLD,
    RANGE_MODEL,
    SIGNAL_MODEL,
    SignalWords,
    path_target,
    signal_answer,
    signal_model,
)
from storage.candles.series_state import SeriesState
from storage.models.answer_cache import Asked
from storage.models.signals import PENDING, SignalRecord
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report
from tasks.signals.market_history import newest_phases
from tasks.signals.predict_range import context, once, range_ahead, show_range
from tasks.signals.prepared_candles import origins
from tasks.signals.show_signal import (
    exit_prices,
    recommend,
    show_decision,
    show_exits,
    show_levels,
)
from tasks.signals.speaking import Champions, Speaking, speaking

if TYPE_CHECKING:
    from ml.models.forecast_origin import Origin
    from ml.models.protocol import RangeForecast, SignalForecast
    from ml.models.signal_decision import Chances, Decision


def generate_signal(
    words: SignalWords, stores: Stores, job: Job[PathRequest], report: Report, note: Note
) -> SignalData:
    """Give the signal of the newest candle of the requested series, with range and exits."""
    asked = job.request
    return signal_of(words, stores, asked.series, asked.horizon, signal_model(asked.rr_config))


def signal_of(
    words: SignalWords, stores: Stores, series: Series, horizon: int, model: str = SIGNAL_MODEL
) -> SignalData:
    """Do that, or return the answer that is at hand."""
    target = path_target(series, horizon, model)
    asked = Asked(signal_answer(model), series, horizon)
    return once(stores, asked, lambda mark: _generate(words, stores, target, mark), SignalData)


class Known(NamedTuple):
    """What whoever makes many signals has read for all of them.

    `champions` are those that there are, of ranges too; `held` is the series' state of just before.
    """

    champions: Champions
    market: MarketRecord
    held: SeriesState


class MadeSignal(msgspec.Struct, frozen=True):
    """A signal, and all that it was made of."""

    record: SignalRecord
    loaded: Any
    origin: Any
    chances: Any
    decision: Any
    about: Json
    price_range: Json | None
    ahead: RangeAhead | None
    phase: str
    levels: SignalLevels
    regimes: dict[str, str]

    @property
    def valid_until(self) -> int:
        """Return when the next candle closes (s): until then it may be entered."""
        return int(self.origin.closes_at(self.origin.openings(1)[0]))


def make_signal(
    words: SignalWords,
    stores: Stores,
    target: ForecastTarget,
    mark: str,
    known: Known | None = None,
) -> MadeSignal:
    """Make the signal of the newest candle of a target, to be kept; `mark` is the series'.

    Raises `ModelUnavailable` where nothing is trained, or a gap lies too shortly before.
    """
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.features.regimes import current_regimes
    from ml.models.signal_decision import Chances, Evidence, decide

    series, horizon = target.series, target.horizon
    champions, held = (known.champions, known.held) if known else (None, None)
    loaded: Speaking[SignalForecast] = speaking(stores, target, champions)
    origin = origins.get(stores, series, loaded.run, mark, held)
    market = known.market if known else stores.markets.get(Market(series.platform, series.symbol))
    costs_bps = market.costs.round_trip_bps
    chances = Chances.of(loaded.forecast(stores, origin), costs_bps)
    about = context(series, horizon, origin, loaded.run, now_ms())
    evidence = Evidence.of(
        loaded.run.n,
        loaded.run.scores,
        loaded.run.verdict,
        loaded.run.times_dearer(costs_bps),
    )
    decision = decide(chances, evidence, words, _objection(about["input"], origin))
    price_range, ahead = _ranges(stores, series, horizon, origin, champions)
    return MadeSignal(
        record=_record(series, horizon, origin, loaded, chances, decision, market),
        loaded=loaded,
        origin=origin,
        chances=chances,
        decision=decision,
        about=about,
        price_range=price_range,
        ahead=ahead,
        phase=newest_phases.get(stores, series, mark, origin.history.frame).phase,
        levels=show_levels(chances, market.digits),
        regimes=current_regimes(origin.history.features, series.resolution),
    )


def _generate(words: SignalWords, stores: Stores, target: ForecastTarget, mark: str) -> SignalData:
    made = make_signal(words, stores, target, mark)
    kept = msgspec.structs.replace(made, record=stores.signals.add(made.record))
    return show_made(kept, target, _seal(stores, target, made.origin))


def show_made(made: MadeSignal, target: ForecastTarget, seal: Seal | None) -> SignalData:
    """Return a signal that is kept as answers have it, with its seal if it has one."""
    loaded, chances, record = made.loaded, made.chances, made.record
    skill = loaded.run.scores["direction"]["skill"]
    shown = made.about | {
        "id": record.id,
        "made_at": format_time(record.made_at),
        "expires_at": format_time(record.expires_at),
        "signal": show_decision(chances, made.decision),
        "price_range": made.price_range,
        "tpsl": show_exits(chances),
        "recommendation": recommend(chances, made.decision),
        "skill": {
            **skill,
            "verdict": loaded.run.verdict,
            "baseline": "class_prior",
            "n": loaded.run.n,
        },
        "expected_value_percent": 100 * chances.expected,
        "costs_percent": chances.costs_bps / 100,
        "after_costs": loaded.run.scores["after_costs"],
        "sealed": seal,
        "rr_config": exits_of(target.model).name,
        "amd_phase": made.phase,
        "range_ahead": made.ahead,
        "levels": made.levels,
        "valid_until": format_time(made.valid_until * 1_000),
        **made.regimes,
    }
    return msgspec.convert(shown, SignalData)


def _seal(stores: Stores, target: ForecastTarget, origin: "Origin") -> Seal | None:
    row = stores.sealed.find(target, origin.openings(target.horizon)[-1])
    if row is None:
        return None
    return msgspec.convert(
        {"seq": row.seq, "made_at": format_time(row.made_at), "type": row.type, "hash": row.hash},
        Seal,
    )


def _objection(read: OutlookInput, origin: "Origin") -> str:
    """Return what speaks against any signal from such candles."""
    if read.stale:
        last = read.last_time
        return f"the newest candle held opened at {last}, and later ones have closed since."
    if read.thin:
        return (
            "the newest candles seem cut short: their range, volume and trades are a fraction "
            "of what is usual here."
        )
    missing = origin.missing_inputs
    return f"of the newest candle is not known: {', '.join(missing)}." if missing else ""


def _record(
    series: Series,
    horizon: int,
    origin: "Origin",
    loaded: "Speaking[SignalForecast]",
    chances: "Chances",
    decision: "Decision",
    market: MarketRecord,
) -> SignalRecord:
    profit, stop = exit_prices(chances) if decision.type != HOLD else (None, None)
    end = origin.closes_at(origin.openings(horizon)[-1])
    return SignalRecord(
        id=str(uuid.uuid4()),
        platform=series.platform,
        symbol=series.symbol,
        resolution=series.resolution,
        horizon=horizon,
        opening=origin.opening,
        run_id=loaded.run.id,
        made_at=now_ms(),
        type=decision.type,
        confidence=decision.confidence,
        strength=decision.strength,
        quality=decision.quality,
        probability_hold=chances.hold,
        probability_buy=chances.buy,
        probability_sell=chances.sell,
        current_price=chances.last,
        take_profit=profit,
        stop_loss=stop,
        expected_percent=100 * chances.expected,
        expires_at=end * 1_000,
        reason=decision.reason,
        model_hash=loaded.run.model_hash,
        data_hash=origin.data_hash,
        result=None if decision.type == HOLD else PENDING,
        costs_bps=chances.costs_bps,
        spread_bps=market.costs.spread_bps if market.bids else 0.0,
    )


def _ranges(
    stores: Stores,
    series: Series,
    horizon: int,
    origin: "Origin",
    champions: Champions | None,
) -> tuple[Json | None, RangeAhead | None]:
    """Return the range of the signal's own horizon, and how far prices go in the next candle.

    Where no range of the next candle is trained, how far they go within the own horizon.
    """
    own, own_ahead = _range(stores, series, horizon, origin, champions)
    _, ahead = _range(stores, series, 1, origin, champions)
    if own is None:
        return None, ahead
    said = show_range(own)
    names = ("predicted_high", "predicted_low", "interval")
    shown = {"current": said["current_price"], **{name: said[name] for name in names}}
    return shown, ahead or own_ahead


def _range(
    stores: Stores,
    series: Series,
    horizon: int,
    origin: "Origin",
    champions: Champions | None,
) -> "tuple[RangeForecast | None, RangeAhead | None]":
    try:
        loaded: Speaking[RangeForecast] = speaking(
            stores, path_target(series, horizon, RANGE_MODEL), champions
        )
    except ModelUnavailable:
        return None, None
    forecast = loaded.forecast(stores, origin)
    return forecast, range_ahead(forecast, loaded.run)
