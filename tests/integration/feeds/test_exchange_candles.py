"""The connector against the simulator, failing at random, through ccxt."""

import math
import time
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.errors import ExchangeRefused, ExchangeUnavailable, NotFound
from core.retry import RetryPolicy
from feeds.exchange_candles import ExchangeCandles
from feeds.paging import Collected, Rows, collect
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_candles import START, Row, walk, write_candles

HOUR = 3_600
COUNT = 20_000
OUTAGES = [(i * 700 + i, i * 700 + i + 1 + i % 40) for i in range(1, 28)]
FAULTS = "429@0.1,500@0.05,drop@0.02,gap@0.01"
QUICK = RetryPolicy(first_s=0.001, longest_s=0.002, obeyed_s=0.002, attempts=12)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exchange")
    write_candles(folder, "coinbase", "BTC-USD", HOUR, walk(COUNT))
    write_candles(folder, "coinbase", "ETH-USD", HOUR, walk(COUNT, seed=1, outages=OUTAGES))
    write_candles(folder, "binance", "BTCUSDT", HOUR, walk(3_500, outages=[(1_500, 1_530)]))
    return folder


@pytest.fixture(scope="module")
def exchange(data: Path) -> Iterator[str]:
    with simulating(SimulatorOptions(data)) as url:
        yield url


def connector(url: str, platform: str = "coinbase", **options: Any) -> ExchangeCandles:
    return ExchangeCandles(platform, base_url=url, **({"rate_limit_ms": 0} | options))


def collected(
    source: ExchangeCandles, symbol: str, end: int, **options: Any
) -> tuple[Collected, Rows]:
    rows: Rows = []
    done = collect(
        partial(source.fetch_page, symbol, HOUR),
        START,
        end,
        HOUR,
        source.page_limit,
        on_page=lambda page, _cursor: rows.extend(page),
        policy=QUICK,
        **options,
    )
    return done, rows


def gaps_of(rows: list[Row]) -> list[tuple[int, int]]:
    return [(int(a[0]) + HOUR, int(b[0])) for a, b in pairwise(rows) if b[0] - a[0] > HOUR]


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))]
)
def test_20000_candles_come_once_and_equal_from_a_failing_exchange(data: Path, seed: int) -> None:
    wanted = walk(COUNT)
    with simulating(SimulatorOptions(data, fault=FAULTS, seed=seed)) as url:
        done, rows = collected(connector(url), "BTC-USD", int(wanted[-1][0]))

    assert rows == wanted
    assert (done.fetched, done.gaps) == (COUNT, [])
    assert math.ceil(COUNT / 300) <= done.calls <= math.ceil(COUNT / 300) + 6
    assert done.retries > 0


def test_outages_are_the_only_gaps_that_a_failing_exchange_leaves(data: Path) -> None:
    wanted = walk(COUNT, seed=1, outages=OUTAGES)
    with simulating(SimulatorOptions(data, fault=FAULTS, seed=4)) as url:
        done, rows = collected(connector(url), "ETH-USD", int(wanted[-1][0]))

    assert rows == wanted
    assert done.gaps == gaps_of(wanted)
    assert len(done.gaps) == len(OUTAGES)
    assert done.calls <= math.ceil(COUNT / 300) + 2 * len(OUTAGES)


def test_binance_is_paged_by_a_thousand_across_its_outage(data: Path) -> None:
    wanted = walk(3_500, outages=[(1_500, 1_530)])
    with simulating(SimulatorOptions(data, fault="429@0.1,drop@0.1", seed=5)) as url:
        source = connector(url, "binance")
        done, rows = collected(source, "BTCUSDT", int(wanted[-1][0]))

    assert source.page_limit == 1_000
    assert rows == wanted
    assert done.gaps == gaps_of(wanted)
    assert done.calls == 5


@pytest.mark.parametrize(
    ("platform", "written"),
    [
        ("coinbase", "BTC-USD"),
        ("coinbase", "BTC/USD"),
        ("coinbaseexchange", "BTC-USD"),
        ("binance", "BTC/USDT"),
        ("binance", "BTC-USDT"),
        ("binance", "btcusdt"),
    ],
)
def test_a_symbol_is_found_however_it_is_written(
    exchange: str, platform: str, written: str
) -> None:
    page = connector(exchange, platform).fetch_page(written, HOUR, START, START + HOUR)

    assert page == walk(2)


def test_a_page_holds_both_its_ends_and_nothing_beyond(exchange: str) -> None:
    source = connector(exchange)

    assert source.page_limit == 300
    assert len(source.fetch_page("BTC-USD", HOUR, START, START + 299 * HOUR)) == 300
    assert source.fetch_page("BTC-USD", HOUR, START + HOUR, START + HOUR) == walk(2)[1:]
    assert source.fetch_page("BTC-USD", HOUR, START - 9 * HOUR, START - HOUR) == []
    with pytest.raises(ValueError, match="300"):
        source.fetch_page("BTC-USD", HOUR, START, START + 300 * HOUR)


def test_an_unknown_symbol_or_resolution_is_refused_for_good(exchange: str) -> None:
    source = connector(exchange)

    with pytest.raises(ExchangeRefused, match="NO-USD"):
        source.fetch_page("NO-USD", HOUR, START, START)
    with pytest.raises(ExchangeRefused, match="1800"):
        source.fetch_page("BTC-USD", 1_800, START, START)
    with pytest.raises(NotFound):
        connector(exchange, "nowhere")
    with pytest.raises(ExchangeRefused, match="http"):
        connector("ftp://127.0.0.1")


def test_a_symbol_listed_later_is_found_once_the_list_is_a_minute_old(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with simulating(SimulatorOptions(data)) as url:
        port = int(url.rsplit(":", 1)[1])
        connector(url).fetch_page("BTC-USD", HOUR, START, START)
    write_candles(tmp_path, "coinbase", "NEW-USD", HOUR, walk(1))
    with simulating(SimulatorOptions(tmp_path), port=port) as url:
        with pytest.raises(ExchangeRefused):
            connector(url).fetch_page("NEW-USD", HOUR, START, START)
        monkeypatch.setattr("feeds.exchange_connection.MARKETS_RECHECKED_S", 0.0)

        assert connector(url).fetch_page("NEW-USD", HOUR, START, START) == walk(1)


def test_the_exchanges_clock_is_compared_with_ours(data: Path) -> None:
    with simulating(SimulatorOptions(data, clock_offset_s=60)) as url:
        source = connector(url)
        assert source.clock_offset_ms is None
        source.fetch_page("BTC-USD", HOUR, START, START)

    assert source.clock_offset_ms == pytest.approx(60_000, abs=3_000)


def test_an_exchange_that_is_away_is_unavailable(data: Path) -> None:
    with simulating(SimulatorOptions(data)) as url:
        pass

    with pytest.raises(ExchangeUnavailable, match="connection"):
        connector(url).fetch_page("BTC-USD", HOUR, START, START)


@pytest.mark.parametrize(
    ("fault", "said"), [("429@1", "rate"), ("500@1", "500"), ("503@1", "503"), ("418@1", "rate")]
)
def test_a_failure_that_passes_is_unavailable_and_says_why(
    data: Path, fault: str, said: str
) -> None:
    for platform, symbol in (("coinbase", "BTC-USD"), ("binance", "BTCUSDT")):
        with (
            simulating(SimulatorOptions(data, fault=fault)) as url,
            pytest.raises(ExchangeUnavailable, match=said) as error,
        ):
            connector(url, platform).fetch_page(symbol, HOUR, START, START)
        asked_to_wait = platform == "binance" and fault[:3] in ("429", "418")
        assert error.value.retry_after == (1 if asked_to_wait else None)


@pytest.mark.parametrize("fault", ["403@1", "451@1"])
def test_a_failure_that_stays_is_refused(data: Path, fault: str) -> None:
    with (
        simulating(SimulatorOptions(data, fault=fault)) as url,
        pytest.raises(ExchangeRefused, match=fault[:3]),
    ):
        connector(url).fetch_page("BTC-USD", HOUR, START, START)


def test_the_newest_candle_of_a_live_market_is_fetched_as_it_stands(data: Path) -> None:
    with simulating(SimulatorOptions(data, shift_to_now=True)) as url:
        source = connector(url)
        now = int(time.time()) // HOUR * HOUR
        page = source.fetch_page("BTC-USD", HOUR, now - 5 * HOUR, now)

    assert [row[0] for row in page] == list(range(now - 5 * HOUR, now + 1, HOUR))


def test_the_rate_limit_of_ccxt_is_kept_across_connectors(exchange: str) -> None:
    sources = [connector(exchange, rate_limit_ms=None) for _ in range(2)]
    for source in sources:
        source.fetch_page("BTC-USD", HOUR, START, START)

    begun = time.monotonic()
    for _ in range(3):
        for source in sources:
            source.fetch_page("BTC-USD", HOUR, START, START)

    # Six calls, a tenth of a second apart as ccxt has it for Coinbase Exchange.
    assert time.monotonic() - begun >= 0.5


def test_a_pause_is_added_to_the_rate_limit(exchange: str) -> None:
    source = connector(exchange, sleep_ms=150)
    source.fetch_page("BTC-USD", HOUR, START, START)

    begun = time.monotonic()
    for _ in range(2):
        source.fetch_page("BTC-USD", HOUR, START, START)

    assert time.monotonic() - begun >= 0.29
