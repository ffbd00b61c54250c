"""Candles of providers with a key, against their simulators, failing at random."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.errors import ExchangeRefused, ExchangeUnavailable
from core.platforms import PROVIDERS, ProviderAccess
from core.retry import RetryPolicy
from feeds.candle_sources import CandleSource, Pace, open_source
from feeds.massive.candles import ticker
from feeds.paging import Rows, collect
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_candles import START, walk, write_candles

QUARTER = 900
GAP = (700, 740)
ROWS = walk(4_000, QUARTER, outages=[GAP])
QUICK = RetryPolicy(first_s=0.001, longest_s=0.002, obeyed_s=0.002, attempts=12)
FAULTS = "429@0.1,500@0.05,504@0.05,drop@0.05,gap@0.05"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("providers")
    for platform, symbol in (("massive", "XAUUSD"), ("massive", "AAPL"), ("metaapi", "EURUSD.m")):
        write_candles(folder, platform, symbol, QUARTER, ROWS)
    return folder


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with simulating(SimulatorOptions(data, fault=FAULTS, seed=1)) as address:
        yield address


@pytest.fixture(scope="module")
def calm(data: Path) -> Iterator[str]:
    with simulating(SimulatorOptions(data)) as address:
        yield address


def source(platform: str, url: str, key: str = "a-key", account: str = "mine") -> CandleSource:
    access = {platform: ProviderAccess(url, key, account, "")}
    return open_source(platform, Pace(5, 0), None, access)


@pytest.mark.parametrize(
    ("platform", "symbol"),
    [("massive", "XAUUSD"), ("massive", "AAPL"), ("metaapi", "EURUSD.m")],
)
def test_every_candle_comes_once_through_failures_and_what_is_missing_is_a_gap(
    url: str, platform: str, symbol: str
) -> None:
    rows: Rows = []
    asked = source(platform, url)
    done = collect(
        partial(asked.fetch_page, symbol, QUARTER),
        START,
        START + 3_999 * QUARTER,
        QUARTER,
        min(asked.page_limit, 200),
        on_page=lambda page, _cursor: rows.extend(page),
        policy=QUICK,
    )
    # MetaApi counts ticks.
    volumes = [row[5] if platform == "massive" else int(row[5]) for row in ROWS]
    assert [row[:5] for row in rows] == [row[:5] for row in ROWS]
    assert [row[5] for row in rows] == volumes
    assert done.gaps == [tuple(START + at * QUARTER for at in GAP)]
    assert done.retries > 0
    assert asked.clock_offset_ms is not None


def test_massive_is_followed_from_answer_to_answer(calm: str) -> None:
    asked = source("massive", calm)
    # 60,000 minutes, of which one answer holds 50,000.
    whole = asked.fetch_page("XAUUSD", QUARTER, START, START + 3_999 * QUARTER)
    assert whole == [list(row) for row in ROWS]
    hours = asked.fetch_page("XAUUSD", 3_600, START, START + 3_999 * QUARTER)
    assert hours[0] == [START, ROWS[0][1], max(r[2] for r in ROWS[:4]), min(r[3] for r in ROWS[:4]),
                        ROWS[3][4], pytest.approx(sum(r[5] for r in ROWS[:4]))]  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "symbol", "key"),
    [("massive", "XAUUSD", "wrong"), ("metaapi", "EURUSD.m", "wrong"), ("metaapi", "X", "a-key")],
)
def test_what_a_provider_refuses_is_not_asked_for_again(
    calm: str, platform: str, symbol: str, key: str
) -> None:
    with pytest.raises(ExchangeRefused, match="refused the request for candles with status 40"):
        source(platform, calm, key).fetch_page(symbol, QUARTER, START, START + QUARTER)


def test_an_unknown_ticker_of_massive_has_no_candles(calm: str) -> None:
    assert source("massive", calm).fetch_page("NONE", QUARTER, START, START + QUARTER) == []


@pytest.mark.parametrize("platform", sorted(PROVIDERS))
def test_longer_candles_than_hours_are_not_asked_for(calm: str, platform: str) -> None:
    with pytest.raises(ExchangeRefused, match="not asked for candles of 86400"):
        source(platform, calm).fetch_page("XAUUSD", 86_400, START, START + 86_400)


def test_a_provider_without_a_key_or_address_says_what_is_lacking() -> None:
    lacking = {"massive": ProviderAccess("https://x", "", "", "TICKCAST_MASSIVE_KEY")}
    with pytest.raises(ExchangeRefused, match="set TICKCAST_MASSIVE_KEY"):
        open_source("massive", Pace(1, 0), None, lacking)
    with pytest.raises(ExchangeRefused, match="not an http"):
        source("massive", "ftp://x")
    with pytest.raises(ExchangeUnavailable, match="connection to massive failed"):
        source("massive", "http://127.0.0.1:9").fetch_page("X", 60, START, START)


def test_markets_are_called_as_massive_does() -> None:
    asked = ["XAUUSD", "EUR-USD", "BTC-USD", "AAPL", "BRK.B"]
    assert [ticker(name) for name in asked] == ["C:XAUUSD", "C:EURUSD", "X:BTCUSD", "AAPL", "BRK.B"]
