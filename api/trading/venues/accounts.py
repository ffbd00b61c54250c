"""Which account of trading a caller means, and whether orders of it may go to its venue."""

from core.clock.times import now_ms
from core.errors import Forbidden, NotFound
from core.trading.accounts import PAPER, is_at_venue
from storage.stores import Stores
from storage.venues.connections import Connection
from storage.venues.gates import order_gate


class CallersAccounts:
    """The accounts of a caller, by name; blocks, and may raise `DatabaseUnavailable`.

    `server_live` is the server's own gate.
    """

    def __init__(self, stores: Stores, *, server_live: bool) -> None:
        self._stores = stores
        self._server_live = server_live

    def number(self, owner: int, name: str | None = PAPER) -> int:
        """Return the number of a caller's account; without a name that of the connected one.

        Raises `NotFound` for one that is none of the caller's.
        """
        if name is None:
            held = self.connected(owner)
            return owner if held is None else held.number
        if name == PAPER:
            return owner
        found = self._stores.connections.find(owner, name)
        if found is None or not found.number:
            raise NotFound(f"There is no account {name[:64]} of yours; `paper` is always there.")
        return found.number

    def name(self, number: int) -> str:
        """Return the name of an account by its number."""
        if not is_at_venue(number):
            return PAPER
        found = self._stores.connections.by_number(number)
        return PAPER if found is None else found.venue_account

    def venue(self, number: int) -> str:
        """Return where an account is: its venue, or `paper`."""
        found = self._stores.connections.by_number(number) if is_at_venue(number) else None
        return PAPER if found is None else found.venue

    def connected(self, owner: int) -> Connection | None:
        """Return the connection to a venue of a caller, None without one, or on paper."""
        held = self._stores.connections.get(owner)
        return None if held is None or held.venue == PAPER else held

    def check_gates(self, owner: int, number: int) -> None:
        """Raise `Forbidden`, naming the gate, where an order of an account may not be sent."""
        if not is_at_venue(number):
            return
        stores = self._stores
        missing = order_gate(
            stores.connections.of_number(number),
            stores.decisions.config(owner).config,
            stores.trading.trades_begun(number),
            now_ms(),
            server_live=self._server_live,
        )
        if missing is not None:
            raise Forbidden(f"Orders of this account need the gate {missing}, which is shut.")
