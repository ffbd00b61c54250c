"""What is sent of an event, and which readers it is for."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from api.signals.schemas_socket import (
    ExpiryFrame,
    ExpiryTold,
    PhaseChangeFrame,
    PhaseChangeTold,
    SignalFrame,
)
from api.signals.show import show_signal, signal_name
from core.answers.signals import SignalData
from core.clock.resolutions import resolution_name
from core.clock.times import now_ms
from core.models import exits_of
from core.series import Market, Series
from storage.signals.signal_events import AMD_CHANGE, SIGNAL, Expiry, PhaseChange, SignalEvent


class EventFrames:
    """Makes the text of events; `name_of` is what users call the market of a series."""

    def __init__(self, name_of: Callable[[Series], str]) -> None:
        self._name_of = name_of

    def text(self, event: SignalEvent) -> str:
        """Return what is sent of an event."""
        return msgspec.json.encode(self._frame(event)).decode()

    def _frame(self, event: SignalEvent) -> SignalFrame | PhaseChangeFrame | ExpiryFrame:
        symbol, timeframe = self._name_of(event.series), resolution_name(event.resolution)
        if event.kind == SIGNAL:
            said = msgspec.json.decode(event.data, type=SignalData)
            return SignalFrame("signal", show_signal(said, symbol, now_ms()), event.seq)
        if event.kind == AMD_CHANGE:
            change = msgspec.json.decode(event.data, type=PhaseChange)
            told = PhaseChangeTold(
                symbol,
                change.old_phase,
                change.new_phase,
                timeframe,
                change.timestamp,
                event.platform,
            )
            return PhaseChangeFrame("amd_change", told, event.seq)
        end = msgspec.json.decode(event.data, type=Expiry)
        ended = ExpiryTold(
            signal_name(end.id),
            end.id,
            symbol,
            timeframe,
            end.rr_config,
            end.valid_until,
            event.platform,
        )
        return ExpiryFrame("expired", ended, event.seq)


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for; empty sets mean all."""

    markets: frozenset[Market] = frozenset()
    resolutions: frozenset[int] = frozenset()
    rr_configs: frozenset[str] = frozenset()

    def includes(self, event: SignalEvent) -> bool:
        """Say whether an event is among it; changes of phases have no exits."""
        exits = exits_of(event.model).name if event.model else None
        return (
            (not self.markets or Market(event.platform, event.symbol) in self.markets)
            and (not self.resolutions or event.resolution in self.resolutions)
            and (not self.rr_configs or exits is None or exits in self.rr_configs)
        )
