"""Trades of an id range come whole over REST, whatever the exchange does meanwhile."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ExchangeRefused, ExchangeUnavailable
from feeds.exchange_trades import ExchangeTrades
from feeds.live.venue import FetchedTrade
from feeds.paging import RetryPolicy
from feeds.replay.running import replaying
from feeds.replay.server import ReplayOptions

COUNT = 3_500
FIRST = 1_000
MARKETS = {"coinbase": "BTC-USD", "binance": "BTCUSDT"}
SKIPPED = range(1_700, 1_705)  # ids that this exchange never gave out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exchange")
    for platform, symbol in MARKETS.items():
        path = folder / "trades" / platform / f"{symbol}.csv"
        path.parent.mkdir(parents=True)
        with path.open("w", newline="") as output:
            writer = csv.writer(output)
            writer.writerow(["trade_id", "time", "price", "size", "side"])
            for n in range(FIRST, FIRST + COUNT):
                if n not in SKIPPED:
                    row = (n, 1_700_000_000_000 + 10 * n, f"{60_000 + n}.01", f"0.0{n}", "buy")
                    writer.writerow(row)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    options = ReplayOptions(folder, fault="429@0.05,500@0.05,drop@0.1", seed=3)
    with replaying(options) as address:
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
    for n, row in rows.items():
        assert (float(row.price), float(row.size), row.side) == (
            n + 60_000.01,
            float(f"0.0{n}"),
            "buy",
        )


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
