"""What a result may hold: numbers, times, ids and words of closed lists; never a text."""

from typing import Annotated, Literal

from msgspec import Meta

from core.names import SYMBOL_PATTERN

Symbol = Annotated[str, Meta(pattern=SYMBOL_PATTERN, description="A market, by its usual name.")]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,159}$")]
Time = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,10}$")]
Timeframe = Literal[
    "1m", "3m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"
]  # fmt: skip
RrConfig = Annotated[str, Meta(pattern=r"^rr_([1-9]|1[0-9]|20)_([1-9]|1[0-9]|20)$")]
Limit = Annotated[int, Meta(ge=1, le=20)]
Count = Annotated[int, Meta(ge=0)]

Verdict = Literal["skilled", "unproven", "negligible", "no_skill"]
Direction = Literal["long", "short", "none"]
Regime = Literal["unknown", "trend_down", "range", "trend_up"]
Volatility = Literal["unknown", "low", "medium", "high"]
Phase = Literal["accumulation", "manipulation", "distribution", "none"]
TradingState = Literal["ACTIVE", "REDUCING", "HALTED"]
Mode = Literal["paper", "live"]

USUAL_TIMEFRAME: Timeframe = "15m"
