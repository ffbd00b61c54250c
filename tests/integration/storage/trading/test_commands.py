"""Commands that are stored together."""

from decimal import Decimal

from core.errors import Conflict
from core.trading.orders import PlaceOrder
from storage.stores import Stores
from storage.trading.commands import NewCommand, Submitted


def asked(volume: str, name: str | None, account: int = 0) -> NewCommand:
    """Return an order of gold."""
    order = PlaceOrder(platform="broker", symbol="XAUUSD", side="buy", volume=Decimal(volume))
    return NewCommand(account, order, name)


def test_of_commands_that_come_together_each_id_is_stored_once_and_in_order(
    stores: Stores,
) -> None:
    stores.commands.submit([asked("0.01", "old")])
    together = [
        asked("0.02", "new"), asked("0.01", "old"), asked("0.02", "new"), asked("0.03", "new"),
        asked("0.03", None), asked("0.03", None), asked("0.02", "new", account=7),
        asked("0.02", "old"),
    ]  # fmt: skip
    new, old, again, other, made, made_too, elsewhere, changed = stores.commands.submit(together)
    assert isinstance(other, Conflict)
    assert isinstance(changed, Conflict)
    kept = [new, old, again, made, made_too, elsewhere]
    assert all(isinstance(one, Submitted) for one in kept)
    numbers = [one.id for one in kept if isinstance(one, Submitted)]
    replayed = [one.replayed for one in kept if isinstance(one, Submitted)]
    assert numbers == [2, 1, 2, 3, 4, 5]
    assert replayed == [False, True, True, False, False, False]
    waiting, _ = stores.trading.work(10)
    assert [(one.id, one.account_id) for one in waiting] == [(1, 0), (2, 0), (3, 0), (4, 0), (5, 7)]
