"""Hands sealed signals to the trader, for the accounts that want them decided of."""

from core.clock.resolutions import parse_resolution
from core.errors import RequestError
from core.series import Market
from core.signals import signal_model
from core.trading.decisions import TradingConfig
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal
from storage.trading.decisions import DecisionStore, KeptConfig
from storage.trading.offers import offer_of
from tasks.trading.carry_out import Trader

# So many signals of a market are decided of at once.
_MOST = 50
_LATEST_S = 1 << 40


class SignalDecisions:
    """May raise `DatabaseUnavailable` or `LeaseLost`."""

    def __init__(self, decisions: DecisionStore, sealed: SealedSignals, trader: Trader) -> None:
        self._decisions = decisions
        self._sealed = sealed
        self._trader = trader

    def decide(self, token: str) -> int:
        """Decide of all signals that were sealed since the last look; returns how many orders."""
        ordered = 0
        for kept in self._decisions.enabled():
            rows = self._new(kept)
            if rows:
                offers = [offer_of(row) for row in rows]
                ordered += self._trader.decide(token, kept, offers, rows[-1].seq)
        return ordered

    def _new(self, kept: KeptConfig) -> list[SealedSignal]:
        """Return the signals of an account's markets that nobody looked at, in their order."""
        found: list[SealedSignal] = []
        for platform, symbol in kept.config.markets:
            wanted = _wanted(kept.config, Market(platform, symbol))
            if wanted is not None:
                found += self._sealed.page(wanted, 0, _LATEST_S, _MOST, kept.decided_seq)[0]
        return sorted(found, key=lambda row: row.seq)


def _wanted(config: TradingConfig, market: Market) -> dict[str, object] | None:
    try:
        return {
            "platform": market.platform,
            "symbol": market.symbol,
            "resolution": parse_resolution(config.timeframe),
            "model": signal_model(config.rr_config),
        }
    except RequestError:
        return None
