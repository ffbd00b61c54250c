"""`tickcast plans`: what can be sold, and what of it is on offer."""

import typer

from core.clock.resolutions import timeframe_code
from core.robots.accounts import LIMITS_OF_TIERS, TIERS, USUAL_CALLS, SlotLimits
from core.settings import read_settings
from operate.opened_stores import opened_stores
from storage.ledger.signal_slots import SignalSlot


def plans() -> None:
    """List the plans: symbols, lengths of candles, calls a minute, and the slots now on offer."""
    with opened_stores(read_settings()) as stores:
        slots = stores.slots.offered()
    for tier in TIERS:
        limits = LIMITS_OF_TIERS[tier]
        seen = [slot for slot in slots if limits.allow(slot.target.symbol, slot.target.resolution)]
        typer.echo(f"{tier}: {_limits(limits)}, {USUAL_CALLS} calls a minute")
        typer.echo(f"  {len(seen)} of {len(slots)} slots{_named(seen)}")


def _limits(limits: SlotLimits) -> str:
    symbols = "all symbols" if limits.symbols is None else ", ".join(sorted(limits.symbols))
    if limits.resolutions is None:
        return f"{symbols} in all timeframes"
    return f"{symbols} in {', '.join(map(timeframe_code, sorted(limits.resolutions)))}"


def _named(slots: list[SignalSlot]) -> str:
    lengths: dict[str, list[str]] = {}
    for slot in slots:
        length = timeframe_code(slot.target.resolution)
        lengths.setdefault(slot.target.symbol, []).append(length)
    told = "; ".join(f"{symbol} {' '.join(found)}" for symbol, found in lengths.items())
    return f": {told}" if told else ""
