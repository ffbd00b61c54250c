"""The words of trading robots: BUY, SELL, NO_TRADE, the names of models, and times."""

from types import MappingProxyType

from core.clock.resolutions import timeframe_code
from core.clock.times import format_time
from core.signals import BUY, HOLD, SELL

WORDS = MappingProxyType({BUY: "BUY", SELL: "SELL", HOLD: "NO_TRADE"})
SIDES = MappingProxyType({"BUY": BUY, "SELL": SELL})


def model_version(symbol: str, resolution: int, model_hash: str) -> str:
    """Return the name under which robots know the model behind a signal."""
    return f"lgbm_{symbol}_{timeframe_code(resolution)}_v{model_hash[:8]}"


def instant(at: int) -> str:
    """Return an instant (epoch ms) as text of whole seconds, which robots can read."""
    return format_time(at // 1_000 * 1_000)


def iso(at: int | None) -> str | None:
    """Return the same, None for none."""
    return None if at is None else instant(at)


def minutes(since: int | None, now: int) -> float | None:
    """Return how long ago (epoch ms) something was, in minutes; None if it never was."""
    return None if since is None else round(max(now - since, 0) / 60_000, 1)
