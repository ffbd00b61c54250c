"""The words of trading robots: BUY, SELL, NO_TRADE, and the names of models."""

from types import MappingProxyType

from core.clock.resolutions import timeframe_code
from core.signals import BUY, HOLD, SELL

WORDS = MappingProxyType({BUY: "BUY", SELL: "SELL", HOLD: "NO_TRADE"})
SIDES = MappingProxyType({"BUY": BUY, "SELL": SELL})


def model_version(symbol: str, resolution: int, model_hash: str) -> str:
    """Return the name under which robots know the model behind a signal."""
    return f"lgbm_{symbol}_{timeframe_code(resolution)}_v{model_hash[:8]}"
