"""A market of quarters whose answers are at hand, as workers leave them there."""

from typing import Any

import msgspec
import pytest

from core.answers.signals import PredictionData, SignalData
from core.clock.times import format_time, now_ms
from core.requests import AmdRequest
from core.series import Series
from core.signals import AMD_ANSWER, PREDICTION, SIGNAL_ANSWER
from storage.models.answer_cache import Asked
from storage.stores import Stores
from tasks.jobs.answer_calls import make_call
from tasks.signals.detect_amd import detect_amd
from tests.integration.tasks.signals.test_phases_told import made
from tests.made_signals import signal_data

GOLD = Series("file", "XAUUSD", 900)
CLOSED = "2025-11-20T12:00:00Z"


def said(series: Series = GOLD, kind: str = "buy", **other: Any) -> SignalData:
    """Return a signal of a series that may be entered now."""
    signal = {"type": kind, "confidence": 0.6, "strength": "strong",
              "probabilities": {"hold": 0.2, "buy": 0.6, "sell": 0.2}}  # fmt: skip
    told = {
        "platform": series.platform,
        "symbol": series.symbol,
        "resolution": series.resolution,
        "horizon": 16,
        "signal": signal,
        "valid_until": format_time(now_ms() // 1_000 * 1_000 + 600_000),
    }
    return signal_data(**told | other)


def keep(stores: Stores, data: SignalData, rr_config: str = "") -> None:
    """Put a signal where workers leave answers."""
    series = Series(data.platform, data.symbol, data.resolution)
    name = f"{SIGNAL_ANSWER}.{rr_config}" if rr_config else SIGNAL_ANSWER
    stores.answers.keep(Asked(name, series, data.horizon), data, 600_000, None)


def keep_range(stores: Stores, horizon: int, **other: Any) -> None:
    """Put a range of gold there."""
    signal = said()
    told: dict[str, Any] = {
        "symbol": GOLD.symbol, "platform": GOLD.platform, "resolution": 900, "horizon": horizon,
        "horizon_label": "so far", "timestamp": CLOSED, "made_at": CLOSED, "expires_at": CLOSED,
        "current_price": 100.0, "predicted_high": 100.4, "predicted_low": 99.7,
        "delta_high_percent": 0.4, "delta_low_percent": -0.3, "range_percent": 0.7,
        "interval": {"0.9": (99.0, 101.0)}, "coverage": {"0.9": 0.9},
        "confidence": {"mae": 0.1, "model_version": "v", "n": 900},
        "skill": {"value": 0.1, "low": 0.0, "high": 0.2, "verdict": "unproven",
                  "baseline": "ewma_range"},
        "model": signal.model, "input": signal.input,
        "ahead": msgspec.structs.replace(signal.range_ahead, horizon=horizon),  # type: ignore[type-var]
    }  # fmt: skip
    data = msgspec.convert(msgspec.to_builtins(told | other), PredictionData)
    stores.answers.keep(Asked(PREDICTION, GOLD, horizon), data, 600_000, None)


def keep_phase(stores: Stores) -> None:
    """Have a worker tell the phase of gold, which then is at hand."""
    request = AmdRequest(platform=GOLD.platform, symbol=GOLD.symbol, resolution=900, lookback=100)
    call: Any = make_call("a-call", AMD_ANSWER, {})
    detect_amd(stores, msgspec.structs.replace(call, request=request), print, print)


@pytest.fixture
def gold(stores: Stores) -> Series:
    """Gold in quarters, on the watch-list."""
    stores.candles.write(GOLD, made(1_300, now_ms() // 1_000 // 900 * 900))
    stores.watches.add(GOLD)
    return GOLD
