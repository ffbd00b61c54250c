"""The words of trading robots: BUY, SELL, NO_TRADE, and `M15` for candles of 15 minutes."""

from types import MappingProxyType

from core.clock.resolutions import resolution_name
from core.signals import BUY, HOLD, SELL

WORDS = MappingProxyType({BUY: "BUY", SELL: "SELL", HOLD: "NO_TRADE"})
SIDES = MappingProxyType({"BUY": BUY, "SELL": SELL})


def timeframe_code(resolution: int) -> str:
    """Return the code of a length of candles (s): 900 is `M15`, 86400 is `D1`."""
    name = resolution_name(resolution)
    return f"{name[-1].upper()}{name[:-1]}"


def model_version(symbol: str, resolution: int, model_hash: str) -> str:
    """Return the name under which robots know the model behind a signal."""
    return f"lgbm_{symbol}_{timeframe_code(resolution)}_v{model_hash[:8]}"
