"""What feeds push: trades and tickers in the exchanges' own words or in ours."""

from core.messages.recognise import recognise
from core.messages.recognised import IdKind, Recognised, Rejection, TickerMessage, TradeMessages

__all__ = ["IdKind", "Recognised", "Rejection", "TickerMessage", "TradeMessages", "recognise"]
