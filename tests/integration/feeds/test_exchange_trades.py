"""Trades of an id range come whole over REST, whatever the exchange does meanwhile."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.errors import ExchangeRefused, ExchangeUnavailable
from core.retry import RetryPolicy
from feeds.connector import FetchedTrade
from feeds.exchange_trades import ExchangeTrades
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_files import made_trades, write_trades

MARKETS = {"coinbase": "BTC-USD", "binance": "BTCUSDT"}
SKIPPED = range(1_700, 1_705)  # ids that this exchange never gave out
TRADES = made_trades(3_500, without=SKIPPED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exchange")
    for platform, symbol in MARKETS.items():
        write_trades(folder, platform, symbol, TRADES)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    options = SimulatorOptions(folder, fault="429@0.05,500@0.05,drop@0.1", seed=3)
    with simulating(options) as address:
        yield address


def ask(platform: str, address: str) -> ExchangeTrades:
    policy = RetryPolicy(attempts=12, first_s=0.001, longest_s=0.01, obeyed_s=0)
    return ExchangeTrades(platform, base_url=address, rate_limit_ms=0, policy=policy)


@pytest.mark.parametrize("platform", MARKETS)
@pytest.mark.parametrize(("first", "last"), [(1_000, 4_499), (1_702, 1_702), (1_500, 1_999)])
def test_every_trade_of_the_range_comes_once_with_exact_decimals(
    address: str, platform: str, first: int, last: int
) -> None:
    pages = list(ask(platform, address).pages(MARKETS[platform], first, last))

    rows: dict[int, FetchedTrade] = {row.trade_id: row for page in pages for row in page}
    assert sorted(rows) == [n for n in range(first, last + 1) if n not in SKIPPED]
    assert sum(map(len, pages)) == len(rows)
    exact = {row.trade_id: (float(row.price), float(row.size)) for row in TRADES}
    for n, row in rows.items():
        assert (float(row.price), float(row.size)) == exact[n]
        assert row.side == "buy"


@pytest.mark.parametrize("platform", MARKETS)
def test_ids_beyond_the_newest_bring_nothing(address: str, platform: str) -> None:
    assert list(ask(platform, address).pages(MARKETS[platform], 90_000, 90_010)) == []


@pytest.mark.parametrize("platform", MARKETS)
def test_an_unknown_symbol_is_refused_for_good(address: str, platform: str) -> None:
    with pytest.raises(ExchangeRefused):
        list(ask(platform, address).pages("NO-SUCH", 1, 2))


def test_an_exchange_that_is_away_is_unavailable_after_bounded_attempts() -> None:
    waited: list[float] = []
    trades = ExchangeTrades(
        "coinbase",
        base_url="http://127.0.0.1:9",
        rate_limit_ms=0,
        policy=RetryPolicy(attempts=3),
        sleep=waited.append,
    )

    with pytest.raises(ExchangeUnavailable):
        list(trades.pages("BTC-USD", 1, 2))

    assert len(waited) == 2


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Serve an exchange that always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


GOOD = {"trade_id": 5, "side": "buy", "size": "1", "price": "1", "time": "2024-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>maintenance</html>"),
        (200, b'{"message": "no list"}'),
        (200, json.dumps([GOOD | {"trade_id": -5}]).encode()),
        (200, json.dumps([GOOD | {"trade_id": 2**70}]).encode()),
        (200, json.dumps([GOOD | {"price": 1.5}]).encode()),
        (200, json.dumps([GOOD | {"side": "both"}]).encode()),
        (200, b"[" * 100_000),
        (302, b"[]"),
        (503, b"busy"),
    ],
)
def test_an_answer_that_is_none_is_asked_for_again_and_never_believed(
    status: int, body: bytes
) -> None:
    with answering(status, body) as address, pytest.raises(ExchangeUnavailable):
        list(ask("coinbase", address).pages("A-B", 1, 9))


def test_trades_that_were_not_asked_for_are_left_out() -> None:
    with answering(200, json.dumps([GOOD, GOOD | {"trade_id": 90}]).encode()) as address:
        (page,) = ask("coinbase", address).pages("A-B", 5, 9)

    assert [row.trade_id for row in page] == [5]
