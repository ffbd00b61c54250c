"""Takes every recorded step again: are the events those that were recorded?

Only the inputs of the record are used, each an account's own: commands with what was known as they
were judged, prices, instants and switches.
"""

from collections.abc import Iterable

import msgspec

from core.trading.accounts import Account, Position, Tick
from core.trading.events import Event, Input, Opening, Row, Ticked
from core.trading.instruments import Instrument
from core.trading.orders import Order
from trading.matching import is_of
from trading.step import open_account, step

_ENCODE = msgspec.json.Encoder().encode


class Difference(msgspec.Struct, frozen=True):
    """A row that does not follow from what was before it."""

    number: int
    account_id: int
    reason: str


class Replay:
    """Accounts made anew from the rows of the chain, in its order.

    `prices` are those that filled something, with the number of their row.
    """

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.differences: list[Difference] = []
        self.replayed = 0
        self.prices: list[tuple[int, Instrument, Tick]] = []
        self._expected: dict[int, list[Event]] = {}

    def take(self, number: int, account_id: int, row: Row) -> None:
        """Take a row: the next of what its step must give, or the first of another step."""
        self.replayed += 1
        waiting = self._expected.setdefault(account_id, [])
        if row.input is not None:
            if waiting:
                self._differs(number, account_id, "the step before it should have gone on")
            waiting[:] = self._step(number, account_id, row.input)
        if not waiting:
            self._differs(number, account_id, "nothing of the kind follows from its input")
            return
        if _ENCODE(waiting.pop(0)) != _ENCODE(row.event):
            self._differs(number, account_id, "another event follows from its input")

    def end(self) -> None:
        """Look for steps whose last rows are missing."""
        for account_id, waiting in self._expected.items():
            if waiting:
                self._differs(0, account_id, "the last step should have gone on")

    def compare(self, kept: Iterable[Account]) -> None:
        """Compare the accounts as they are kept with those that follow from the chain."""
        for account in kept:
            found = self.accounts.get(account.account_id)
            if found is None or _ENCODE(found) != _ENCODE(account):
                reason = "the account that is kept is not the one that follows from the chain"
                self._differs(0, account.account_id, reason)

    def _step(self, number: int, account_id: int, what: Input) -> list[Event]:
        held = self.accounts.get(account_id)
        if isinstance(what, Opening):
            self.accounts[account_id], events = open_account(what)
            return events
        if held is None:
            self._differs(number, account_id, "its account was never opened")
            return []
        if isinstance(what, Ticked):
            self._note_price(number, held, what)
        try:
            return step(held, what)
        except (KeyError, ValueError) as error:
            self._differs(number, account_id, f"the step cannot be taken: {type(error).__name__}")
            return []

    def _note_price(self, number: int, held: Account, ticked: Ticked) -> None:
        """Keep a price that filled something, by the row that says so."""
        every: list[Position | Order] = [*held.positions.values(), *held.orders.values()]
        of = next((one.instrument for one in every if is_of(one.instrument, ticked)), None)
        if of is not None:
            self.prices.append((number, of, ticked.tick))

    def _differs(self, number: int, account_id: int, reason: str) -> None:
        self.differences.append(Difference(number, account_id, reason))
