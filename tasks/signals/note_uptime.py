"""Each minute's state of the service, from which its uptime is told."""

from core.clock.times import now_ms
from storage.service.service_state import read_state
from storage.stores import Stores


def note_uptime(stores: Stores, reference_symbol: str) -> None:
    """Note whether all is well in the present minute.

    While SQL or Redis is away nothing is noted: a minute without a row was down.
    """
    stores.uptime.note(read_state(stores, reference_symbol, now_ms()).reasons)
