"""The simulator's small parts: clock, playback, faults, files."""

from pathlib import Path

import pytest

from feeds.simulator.catalog import open_products
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import SILENCE_MS, MarketClock, Playback
from feeds.simulator.server import SimulatorOptions, create_simulator
from tests.exchange_candles import START, walk, write_candles, write_trades


class Wall:
    """A wall clock that stands until told."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_an_unshifted_market_has_our_time_plus_its_error() -> None:
    wall = Wall()
    clock = MarketClock(offset_s=7, speed=9, wall=wall)
    wall.now += 3

    assert clock.now_ms() == 1_010_000


def test_a_shifted_market_runs_ahead_at_its_speed() -> None:
    wall = Wall()
    clock = MarketClock(shifted=True, speed=60, offset_s=-2, wall=wall)
    wall.now += 3

    assert clock.now_ms() == 998_000 + 180_000


def test_a_file_is_past_until_it_plays_and_then_plays_from_its_start() -> None:
    wall = Wall()
    playback = Playback(MarketClock(speed=10, wall=wall), first_ms=50)

    assert (playback.is_live, playback.now_ms()) == (False, 1_000_000)
    playback.begin()
    assert playback.is_live
    assert playback.now_ms() < 50
    wall.now += SILENCE_MS / 1_000 + 2
    assert playback.now_ms() == pytest.approx(50 + 20_000, abs=1)
    playback.begin()
    assert playback.now_ms() == pytest.approx(50 + 20_000, abs=1)


def test_a_shifted_file_is_live_from_the_start() -> None:
    wall = Wall()
    playback = Playback(MarketClock(shifted=True, wall=wall), first_ms=50)
    playback.begin()
    wall.now += 1

    assert (playback.is_live, playback.now_ms()) == (True, 1_001_000)


def test_faults_strike_about_as_often_as_they_should_and_the_same_for_a_seed() -> None:
    draws = [[Faults("429@0.1,drop@0.02", seed=5).happens(n) for n in ("429", "drop")]
             for _ in range(2)]  # fmt: skip
    faults = Faults("429@0.1,500@0.05,drop@0.02", seed=1)
    statuses = [faults.status() for _ in range(10_000)]

    assert draws[0] == draws[1]
    assert 900 < statuses.count(429) < 1_100
    assert 380 < statuses.count(500) < 520
    assert 150 < sum(faults.happens("drop") for _ in range(10_000)) < 250


def test_what_strikes_one_stream_does_not_hang_on_what_others_tell() -> None:
    alone, beside = Faults("gap@0.3", seed=5), Faults("gap@0.3", seed=5)
    expected = [alone.happens("gap", "AB@trade") for _ in range(100)]
    drawn = []
    for place in range(100):
        for _ in range(place % 3):
            beside.happens("gap", "AB@depth")
        drawn.append(beside.happens("gap", "AB@trade"))

    assert drawn == expected
    assert expected != [alone.happens("gap", "CD@trade") for _ in range(100)]


def test_without_faults_nothing_fails() -> None:
    faults = Faults()

    assert faults.status() is None
    assert not faults.happens("drop")
    assert faults.thin([1, 2, 3]) == [1, 2, 3]


@pytest.mark.parametrize("length", [3, 4, 10, 300])
def test_a_gap_leaves_out_one_inner_run(length: int) -> None:
    faults = Faults("gap@1", seed=3)
    rows = list(range(length))

    for _ in range(100):
        left = faults.thin(rows)
        missing = sorted(set(rows) - set(left))
        assert missing == list(range(missing[0], missing[-1] + 1))
        assert (left[0], left[-1]) == (rows[0], rows[-1])


@pytest.mark.parametrize("rows", [[], [1], [1, 2]])
def test_an_answer_without_an_inside_has_no_gap(rows: list[int]) -> None:
    assert Faults("gap@1").thin(rows) == rows


@pytest.mark.parametrize("text", ["429", "429@2", "200@0.1", "slow@0.1", "429@-1", "429@0.1;"])
def test_a_fault_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Faults(text)


def test_files_that_do_not_fit_the_layout_are_left_alone(tmp_path: Path) -> None:
    write_candles(tmp_path, "coinbase", "BTC-USD", 60, walk(3, 60))
    write_trades(tmp_path, "coinbase", "ETH-USD", 3)
    write_candles(tmp_path, "kraken", "XBTUSD", 60, walk(3, 60))
    (tmp_path / "candles/coinbase/BTC-USD/notes.txt").write_text("hello")
    (tmp_path / "candles/coinbase/stray.csv").write_text("hello")

    products = open_products(tmp_path, "coinbase", MarketClock())

    assert sorted(products) == ["BTC-USD", "ETH-USD"]
    assert list(products["BTC-USD"].candles) == [60]
    assert products["ETH-USD"].trades is not None


def test_all_resolutions_of_a_shifted_symbol_move_alike_and_end_after_now(tmp_path: Path) -> None:
    hours = walk(48, 3_600)
    minutes = [[START + 60 * i, *row[1:]] for i, row in enumerate(walk(48 * 60, 60))]
    write_candles(tmp_path, "binance", "BTCUSDT", 3_600, hours)
    write_candles(tmp_path, "binance", "BTCUSDT", 60, minutes)
    clock = MarketClock(shifted=True, wall=Wall(1_700_001_234.0))

    product = open_products(tmp_path, "binance", clock)["BTCUSDT"]

    shifts = {tape.first_s - START for tape in product.candles.values()}
    end = START + shifts.pop() + 48 * 3_600
    assert not shifts
    assert (end - START) % 3_600 == 0
    assert 1_700_001_234 <= end < 1_700_001_234 + 3_600
    assert product.newest_candles(60, 2**40, 1)[0].time == 1_700_001_234 // 60 * 60
    assert not product.newest_candles(3_600, 2**40, 1)[0].finished


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("candles/coinbase/BTC-USD/60.csv", "time,open\n1,2\n"),
        ("candles/coinbase/BTC-USD/60.csv", "time,open,high,low,close,volume\n"),
        ("trades/binance/BTCUSDT.csv", "trade_id,time,price,size,side\n1,2,3,4,sideways\n"),
        ("trades/binance/BTCUSDT.csv", "trade_id,time\n1,2\n"),
        ("trades/binance/BTCUSDT.csv.gz", "no gzip"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, path: str, text: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)

    with pytest.raises(ValueError, match=Path(path).name):
        create_simulator(SimulatorOptions(tmp_path))


@pytest.mark.parametrize(
    ("options", "said"), [({}, "no files"), ({"speed": 0.0}, "speed"), ({"fault": "x"}, "fault")]
)
def test_options_that_make_no_sense_are_refused(
    tmp_path: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        create_simulator(SimulatorOptions(tmp_path, **options))  # type: ignore[arg-type]
