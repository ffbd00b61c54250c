"""How soon a board of signals shows what was put on it."""

from storage.ledger.signal_board import MARK_BELIEF_S, SignalBoard
from storage.stores import Stores
from tests.integration.api.robots.conftest import EURUSD, Seal


def test_what_another_put_on_it_is_shown_once_the_mark_is_read_again(
    stores: Stores, seal: Seal
) -> None:
    instant = 0.0
    reader = SignalBoard(stores.redis, stores.sealed, stores.facts, clock=lambda: instant)
    first = seal(EURUSD, ago=1)
    assert reader.newest([EURUSD])[EURUSD] == first
    second = seal(EURUSD)
    assert reader.newest([EURUSD])[EURUSD] == first
    instant += MARK_BELIEF_S
    assert reader.newest([EURUSD])[EURUSD] == second


def test_what_it_put_there_itself_is_shown_at_once(stores: Stores, seal: Seal) -> None:
    for ago in (2, 1, 0):
        made = seal(EURUSD, ago=ago)
        assert stores.board.newest([EURUSD])[EURUSD] == made
