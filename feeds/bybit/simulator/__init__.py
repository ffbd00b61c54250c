"""A simulated Bybit: its V5 REST with linear perpetuals, and wallets that net by symbol.

Any key is taken but those that begin with `wrong`; its secret is `secret-of-` and the key, and
every private call's signature and time are checked. A key that begins with `readonly` may only
look. Each wallet begins with 10,000 USDT.

BTCUSDT and ETHUSDT stand still unless a test sets prices; candles are those of the files
(`candles/bybit/...`). `POST /simulator/bybit/{key}` tells what happens at a wallet: `faults`
(`feeds.simulator.fault_script` has the words; `on` is the path behind `/v5/`), `prices` by symbol,
orders `by_hand`.
"""

from feeds.bybit.simulator.routes import Routes, error_words
from feeds.bybit.simulator.wallet import Prices
from feeds.simulator.catalog import Product
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated import SimulatedVenue

PLATFORM = "bybit"


def simulate(products: dict[str, Product], clock: MarketClock, faults: Faults) -> SimulatedVenue:
    """Return the routes of Bybit with these products."""
    routes = Routes(Prices(clock), products, faults)
    return SimulatedVenue(routes.routes(), ("/v5/", "/simulator/bybit/"), error_words)
