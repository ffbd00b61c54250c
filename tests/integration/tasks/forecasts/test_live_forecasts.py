"""Each watched slot with a champion is forecast once a candle, in time or not at all."""

import pytest

from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.series import CandleFlag
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tasks.forecasts.forecast_slots import SlotForecaster
from tasks.forecasts.score_forecasts import ForecastScorer
from tasks.forecasts.train_slots import train_slot
from tests.integration.tasks.forecasts.desk import (
    EWMA,
    SERIES,
    candles,
    clock_at,
    done,
    next_close,
    training,
)

pytestmark = pytest.mark.clock

FAR = ForecastTarget("coinbase", "BTC-USD", 300, 3, "drift")
FOREVER = 4_000_000_000


@pytest.fixture
def watched(stores: Stores) -> Stores:
    """An installation that watches a series of which two slots have champions."""
    stores.candles.write(SERIES, candles(1_200))
    for target in (EWMA, FAR):
        assert done(stores, train_slot, training(target)).result["promoted"]  # type: ignore[index]
    stores.watches.add(SERIES)
    return stores


def test_every_slot_is_forecast_from_the_newest_candle(watched: Stores) -> None:
    assert SlotForecaster(watched).run() == 2
    rows = {row.target: row for row in watched.ledger_reader.page(LIVE, {}, 0, FOREVER, 9).rows}
    assert rows[EWMA].opening == next_close()
    assert rows[FAR].opening == next_close() + 600
    for row in rows.values():
        assert (row.input_end, row.first_opening) == (next_close(), next_close())
        assert row.made_at <= next_close() * 1_000
        assert row.low_95 < row.low_80 < row.predicted < row.high_80 < row.high_95
        run = watched.registry.champion(row.target)
        assert run
        assert row.model_hash == run.model_hash
    assert watched.forecasts.read(SERIES, "drift", 3)[0].value == rows[FAR].predicted
    assert verify_ledger(watched.engine, watched.heads).ok


def test_a_candle_is_forecast_from_once_whoever_looks(watched: Stores) -> None:
    first, second = SlotForecaster(watched), SlotForecaster(watched)
    assert (first.run(), first.run(), second.run()) == (2, 0, 0)
    watched.redis.flushall()
    watched.candles.write(SERIES, candles(1_200))
    assert second.run() == 0  # the claim is gone, the ledger knows


def test_a_series_can_be_forecast_by_request(watched: Stores) -> None:
    watched.watches.remove(SERIES)
    forecaster = SlotForecaster(watched)
    assert (forecaster.forecast_series(SERIES), forecaster.forecast_series(SERIES)) == (2, 0)


def test_a_new_champion_speaks_at_once(watched: Stores) -> None:
    forecaster = SlotForecaster(watched)
    forecaster.run()
    target = ForecastTarget("coinbase", "BTC-USD", 300, 1, "last_price")
    done(watched, train_slot, training(target))
    assert forecaster.run() == 1


def test_nothing_is_forecast_without_a_watch_or_from_an_unfinished_candle(watched: Stores) -> None:
    newest = candles(1_200).take(slice(-1, None))
    newest.flags[:] = int(CandleFlag.PARTIAL)
    later = newest.take(slice(None))
    later.time[:] += 300
    watched.candles.write(SERIES, later)
    assert SlotForecaster(watched).run() == 2  # from the finished one before
    watched.watches.remove(SERIES)
    watched.candles.write(SERIES, candles(1_200, next_close() + 300))
    assert SlotForecaster(watched).run() == 0


def test_a_candle_that_comes_too_late_is_missed(watched: Stores) -> None:
    SlotForecaster(watched).run()
    watched.candles.write(SERIES, candles(3, next_close() + 600))
    late = SlotForecaster(watched, clock_at(next_close() + 631))
    assert late.run() == 0
    assert watched.ledger_reader.missed() == {EWMA: 2, FAR: 2}
    assert late.run() == 0
    assert watched.ledger_reader.missed() == {EWMA: 2, FAR: 2}


def test_forecasts_missed_while_the_server_was_down_are_counted(watched: Stores) -> None:
    SlotForecaster(watched).run()
    watched.candles.write(SERIES, candles(50, next_close() + 300 * 20))
    again = SlotForecaster(watched, clock_at(next_close() + 300 * 20 + 2))
    assert again.run() == 2
    assert watched.ledger_reader.missed() == {EWMA: 19, FAR: 19}
    rows = watched.ledger_reader.page(LIVE, {"horizon": 1}, 0, FOREVER, 9).rows
    assert [row.opening for row in rows] == [next_close(), next_close() + 300 * 20]


def test_what_was_due_before_the_watch_began_is_not_missed(watched: Stores) -> None:
    watched.watches.remove(SERIES)
    watched.watches.add(SERIES)
    SlotForecaster(watched, clock_at(now_ms() / 1_000)).run()
    assert watched.ledger_reader.missed() == {}


def test_outcomes_are_joined_when_the_target_has_closed(watched: Stores) -> None:
    SlotForecaster(watched).run()
    scorer = ForecastScorer(clock_at(next_close() + 301))
    assert scorer.run(watched) == 0  # the candle has not come
    target = candles(1, next_close() + 300)
    target.close[:] = 101.5
    target.high[:] = 102.0
    watched.candles.write(SERIES, target)
    assert scorer.run(watched) == 1
    row = watched.ledger_reader.scored(LIVE, EWMA)[0]
    assert row.realised == 101.5
    board = watched.boards.all(LIVE)[EWMA]
    assert (board.n, board.verdict) == (1, "unproven")
    assert board.scores["mae"] == abs(101.5 - row.predicted)
    assert scorer.run(watched) == 0


def test_an_outcome_waits_until_a_gap_in_its_candle_could_be_mended(watched: Stores) -> None:
    SlotForecaster(watched).run()
    target = candles(1, next_close() + 300)
    target.flags[:] = int(CandleFlag.GAP)
    watched.candles.write(SERIES, target)
    assert ForecastScorer(clock_at(next_close() + 301)).run(watched) == 0
    assert ForecastScorer(clock_at(next_close() + 301 + 600)).run(watched) == 1
    assert watched.boards.all(LIVE)[FAR].n == 0


def test_a_model_that_cannot_be_read_hinders_no_other(watched: Stores) -> None:
    run = watched.registry.champion(FAR)
    assert run
    (watched.data_dir / run.folder / "model.json").write_text("{}")
    assert SlotForecaster(watched).run() == 1
