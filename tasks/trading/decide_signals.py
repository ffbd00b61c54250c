"""Hands sealed signals to the trader, for the accounts that want them decided of."""

from core.clock.resolutions import parse_resolution
from core.errors import RequestError
from core.models import exits_of
from core.series import Market
from core.signals import BUY, HOLD, enter_by, signal_model
from core.trading.decisions import Offer, TradingConfig
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal
from storage.trading.decisions import DecisionStore, KeptConfig
from tasks.trading.carry_out import Trader
from trading.money import exact

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


def offer_of(row: SealedSignal) -> Offer:
    """Return a sealed signal as it is decided of."""
    side = None if row.side is None else ("buy" if row.side == BUY else "sell")
    mine = row.probability_buy if side == "buy" else row.probability_sell
    either = row.probability_buy + row.probability_sell
    chance, baseline = _first_chance(row)
    return Offer(
        signal_id=row.signal_id,
        seq=row.seq,
        hash=row.hash,
        platform=row.platform,
        symbol=row.symbol,
        acts=row.type != HOLD,
        side=side,  # type: ignore[arg-type]
        confidence=mine / either if either > 0 else 0.0,
        stop_loss=exact(row.stop_loss),
        take_profit=exact(row.take_profit),
        verdict=row.verdict,
        reason=row.reason,
        valid_until=1_000 * enter_by(row.first_opening, row.resolution),
        prob_tp_first=chance,
        baseline=baseline,
    )


def _first_chance(row: SealedSignal) -> tuple[float | None, float | None]:
    """Return the chance that the profit comes first where either exit does, with and without
    skill: a price that goes nowhere meets the nearer one more often.
    """
    exits = exits_of(row.model)
    baseline = exits.risk / (exits.risk + exits.reward)
    if row.probability_tp is None or row.probability_sl is None:
        return None, baseline
    either = row.probability_tp + row.probability_sl
    return (row.probability_tp / either if either > 0 else None), baseline


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
