"""The phase of a market (accumulation, manipulation, distribution), made once a candle."""

from typing import TYPE_CHECKING

import msgspec

from core.answers.amd import (
    AmdData,
    BaselineLook,
    DirectionHypothesis,
    HypothesisLook,
    PhaseBox,
    PhaseCharacteristics,
    PhaseHypothesis,
    PhaseParameters,
    PhaseStretch,
    SizeHypothesis,
    TradingBias,
)
from core.clock.resolutions import resolution_name
from core.clock.times import format_time, now_ms
from core.errors import InvalidRequest
from core.jobs import Job
from core.requests import AmdRequest
from core.series import Series
from core.signals import AMD_ANSWER
from storage.models.answer_cache import Asked
from storage.stores import Stores
from tasks.jobs.candle_frames import frame_of
from tasks.jobs.held_job import Note, Report
from tasks.signals.market_history import market_history
from tasks.signals.predict_range import once, read_input

if TYPE_CHECKING:
    from ml.amd.hypothesis import Look
    from ml.amd.reading import AmdReading
    from ml.models.forecast_origin import Origin

TOO_SHORT = "the history is too short: a thousand candles, and ten days, are the least"


def detect_amd(stores: Stores, job: Job[AmdRequest], report: Report, note: Note) -> AmdData:
    """Tell the phase of the newest finished candle of a series.

    Raises `InvalidRequest` where too few candles precede it without a gap.
    """
    asked = job.request
    question = _question(stores, asked)
    return once(stores, question, lambda mark: _detect(stores, asked), AmdData, asked.series)


def _question(stores: Stores, asked: AmdRequest) -> Asked:
    """Return what the answer is kept as: of candles that are made, with those they are made of.

    What is written to these is what ends it.
    """
    if len(stores.candles.read(asked.series, limit=1, newest=True)):
        return Asked(AMD_ANSWER, asked.series, asked.lookback)
    source = stores.folded.source(asked.series) or asked.series
    return Asked(f"{AMD_ANSWER}.{asked.resolution}", source, asked.lookback)


def _detect(stores: Stores, asked: AmdRequest) -> AmdData:
    # TA-Lib and pandas come in with this import.
    from ml.amd.measures import PhaseRules
    from ml.amd.reading import MOST_CANDLES, read_phase
    from ml.models.forecast_origin import Origin

    rules = PhaseRules(lookback=asked.lookback)
    page = stores.folded.page(asked.series, None, None, MOST_CANDLES, newest=True)
    history = market_history(stores, asked.series, frame_of(stores, asked.series, page.candles))
    held = int(history.run[-1]) if len(history.times) else 0
    if held <= rules.warm_up:
        raise InvalidRequest(
            f"lookback_periods: {asked.lookback} candles of look-back need {rules.warm_up + 1} "
            f"finished candles without a gap; the newest {held} of {asked.symbol} have none.",
            field="lookback_periods",
        )
    found = _shown(asked.series, Origin(history), read_phase(history, rules), rules)
    folded = None if page.source is None else resolution_name(page.source)
    return msgspec.structs.replace(found, folded_from=folded)


def _shown(series: Series, origin: "Origin", read: "AmdReading", rules: msgspec.Struct) -> AmdData:
    closed = format_time(origin.input_end * 1_000)
    return AmdData(
        symbol=series.symbol,
        platform=series.platform,
        timeframe=resolution_name(series.resolution),
        phase=read.phase,  # type: ignore[arg-type]
        confidence=read.claim.confidence,
        n=read.claim.n,
        unproven=read.claim.unproven,
        start_time=format_time(read.start * 1_000),
        timestamp=closed,
        characteristics=PhaseCharacteristics(read.compression, read.volume_ratio),
        signals=read.signals,  # type: ignore[arg-type]
        strength=read.strength,
        trading_bias=TradingBias(read.direction, read.position_size),  # type: ignore[arg-type]
        box=PhaseBox(*read.box) if read.box else None,
        hypothesis=_hypothesis(read, closed),
        parameters=msgspec.convert(rules, PhaseParameters, from_attributes=True),
        phases=[
            PhaseStretch(one.phase, format_time(one.start * 1_000), format_time(one.last * 1_000))  # type: ignore[arg-type]
            for one in read.episodes
        ],
        input=read_input(origin, now_ms()),
    )


def _hypothesis(read: "AmdReading", closed: str) -> PhaseHypothesis:
    # NumPy and pandas come in with this import.
    from ml.amd.hypothesis import BASELINE, DIRECTION, LEVEL, SIZE, SIZE_GIVEN_VOLATILITY

    size, direction = _looks(read, SIZE), _looks(read, DIRECTION)
    plain = (look for look in read.looks if look.asked == BASELINE)
    return PhaseHypothesis(
        size=SizeHypothesis(
            passed=any(look.passed for look in size),
            looks=size,
            given_volatility=_looks(read, SIZE_GIVEN_VOLATILITY),
            volatility_regime=[
                BaselineLook(look.horizon, look.n, look.effect, look.p_value) for look in plain
            ],
        ),
        direction=DirectionHypothesis(any(look.passed for look in direction), direction),
        tested_at=closed,
        n=read.candles,
        level=LEVEL,
        reason=None if read.looks else TOO_SHORT,
    )


def _looks(read: "AmdReading", asked: str) -> list[HypothesisLook]:
    return [_look(look) for look in read.looks if look.asked == asked]


def _look(look: "Look") -> HypothesisLook:
    return msgspec.convert(look, HypothesisLook, from_attributes=True)
