"""A trader beside an application that a test calls, on a thread of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.clock.times import now_ms
from core.settings import Settings
from operate.trader.process import make_trader
from storage.stores import Stores
from tasks.trading.carry_out import Trader

_RENEW_MS = 1_000


def begun_trader(stores: Stores, settings: Settings) -> tuple[Trader, str]:
    """Return a trader that holds the lease, and its token."""
    trader = make_trader(stores, stores.redis, settings)
    token = stores.lease.take("test", now_ms())
    assert token is not None
    trader.begin()
    return trader, token


@contextmanager
def trader_at_work(stores: Stores, settings: Settings, pause_s: float = 0.01) -> Iterator[None]:
    """Have commands carried out and prices heard until the block ends, a pass every pause."""
    working, token = begun_trader(stores, settings)
    over = threading.Event()

    def work() -> None:
        renewed = now_ms()
        while not over.wait(pause_s):
            if now_ms() - renewed >= _RENEW_MS:
                renewed = now_ms()
                stores.lease.renew(token, renewed)
            working.hear_prices(token)
            working.carry_out(token)
            working.visit_venues(token)
            working.note_time(token)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
