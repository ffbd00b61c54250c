"""The schedule seals a signal of every watched target at a candle's close, or counts it missed."""

import msgspec
import pytest

from core.answers.signals import SignalData
from core.forecast_target import ForecastTarget
from core.ledger import SIGNALS
from core.signals import (
    GAP,
    NO_CANDLE,
    NO_MODEL,
    SIGNAL_ANSWER,
    SIGNAL_MODEL,
    SignalWords,
    path_target,
)
from storage.ledger.ledger_verify import verify_ledger
from storage.models.answer_cache import Asked
from storage.stores import Stores
from tasks.signals.due_signals import NOT_MADE
from tasks.signals.generate_signal import signal_of
from tasks.signals.seal_signals import SignalSealer
from tests.integration.tasks.forecasts.desk import clock_at
from tests.integration.tasks.signals.market import NOISE, candles, last_close, train

pytestmark = pytest.mark.clock
WORDS = SignalWords()


@pytest.fixture
def target(stores: Stores) -> ForecastTarget:
    """A watched series whose signals have a champion, and whose newest candle has just closed."""
    stores.candles.write(NOISE, candles(1_400, last_close()))
    assert train(stores, NOISE, 6).error is None
    stores.watches.add(NOISE)
    return path_target(NOISE, 6, SIGNAL_MODEL)


def test_a_signal_is_sealed_once_whoever_asked_before_and_its_answer_shows_the_seal(
    stores: Stores, target: ForecastTarget
) -> None:
    asked = signal_of(WORDS, stores, NOISE, 6)
    assert asked.sealed is None
    sealer = SignalSealer(stores, WORDS)
    assert (sealer.run(), sealer.run(), SignalSealer(stores, WORDS).run()) == (1, 0, 0)
    row = stores.sealed.find(target, last_close() + 5 * 300)
    assert row
    assert (row.signal_id, row.first_opening, row.input_end) == (
        asked.id, last_close(), last_close(),
    )  # fmt: skip
    shown = signal_of(WORDS, stores, NOISE, 6)
    assert shown.sealed
    assert (shown.id, shown.sealed.seq, shown.sealed.hash) == (asked.id, 1, row.hash)
    assert verify_ledger(stores.engine, stores.heads, SIGNALS).ok
    (event,) = stores.signal_events.after(0, 9)
    assert (event.kind, event.signal_seq) == ("signal", row.seq)
    assert event.open_until == (last_close() + 300) * 1_000
    told = msgspec.json.decode(event.data, type=SignalData)
    ahead, levels = told.range_ahead, told.levels
    assert ahead
    assert levels
    assert (told.sealed, told.id) == (shown.sealed, asked.id)
    assert ahead.horizon == 6  # no range of the next candle is trained
    assert 0.5 < ahead.confidence_high < 1 > ahead.confidence_low > 0.5
    assert ahead.delta_high > 0 < ahead.delta_low
    assert {levels.take_profit, levels.stop_loss} == {row.take_profit, row.stop_loss}


def test_nothing_is_sealed_without_a_watch_or_after_the_deadline(
    stores: Stores, target: ForecastTarget
) -> None:
    late = SignalSealer(stores, WORDS, clock_at(last_close() + 30.001))
    assert late.run() == 0
    stores.watches.remove(NOISE)
    assert SignalSealer(stores, WORDS).run() == 0
    assert stores.sealed.find(target, last_close() + 5 * 300) is None


def test_what_was_due_while_the_server_was_down_is_counted_as_missed(
    stores: Stores, target: ForecastTarget
) -> None:
    SignalSealer(stores, WORDS).run()
    again = SignalSealer(stores, WORDS, clock_at(last_close() + 20 * 300 + 31))
    assert (again.run(), again.run()) == (0, 0)
    assert stores.sealed.missed() == {NO_CANDLE: 20}


def test_what_was_due_before_signals_were_sealed_is_not_missed(
    stores: Stores, target: ForecastTarget
) -> None:
    assert SignalSealer(stores, WORDS, clock_at(last_close() + 20 * 300 + 31)).run() == 0
    assert (stores.sealed.begun_at(), stores.sealed.missed()) == (None, {})


def test_an_old_answer_at_hand_does_not_keep_a_new_candle_from_being_sealed(
    stores: Stores, target: ForecastTarget
) -> None:
    stale = msgspec.structs.replace(signal_of(WORDS, stores, NOISE, 6), sealed=None)
    stores.answers.keep(Asked(SIGNAL_ANSWER, NOISE, 6), stale, 60_000, None)
    assert SignalSealer(stores, WORDS).run() == 1


def test_a_sealed_hold_says_what_its_side_would_have_done(
    stores: Stores, target: ForecastTarget
) -> None:
    SignalSealer(stores, WORDS).run()
    row = stores.sealed.find(target, last_close() + 5 * 300)
    assert row
    assert row.type == "hold"
    assert row.side in ("buy", "sell")
    low, high = sorted((row.take_profit or 0, row.stop_loss or 0))
    assert 0 < low < row.current_price < high
    chances = row.probability_hold, row.probability_buy, row.probability_sell
    priors = row.prior_hold or 0, row.prior_buy or 0, row.prior_sell or 0
    assert sum(chances) == pytest.approx(1) == sum(priors)
    assert (row.range_low or 0) < row.current_price < (row.range_high or 0)
    assert row.regime in ("trend_up", "trend_down", "range")
    assert row.verdict
    assert row.run_id


def test_what_is_offered_is_sealed_unwatched_and_stands_on_the_board(
    stores: Stores, target: ForecastTarget
) -> None:
    stores.watches.remove(NOISE)
    stores.slots.offer([target])
    sealer = SignalSealer(stores, WORDS)
    assert (sealer.run(), sealer.run()) == (1, 0)
    row = stores.sealed.find(target, last_close() + 5 * 300)
    assert stores.board.newest([target]) == {target: row}
    stores.redis.flushall()
    assert stores.board.newest([target]) == {target: row}  # from the ledger
    stores.slots.offer([])
    assert SignalSealer(stores, WORDS, clock_at(last_close() + 300 + 31)).run() == 0
    (slot,) = stores.slots.all()
    assert slot.retired_at


def test_an_offered_slot_counts_its_misses_with_their_reason(
    stores: Stores, target: ForecastTarget
) -> None:
    untrained = path_target(NOISE, 7, SIGNAL_MODEL)
    stores.slots.offer([target, untrained])
    soon = clock_at(last_close() + 31)
    assert SignalSealer(stores, WORDS, soon).run() == 0
    assert stores.sealed.missed() == {NO_MODEL: 1, NOT_MADE: 1}  # it held the candle, too late
    later = SignalSealer(stores, WORDS, clock_at(last_close() + 300 + 31))
    assert (later.run(), later.run()) == (0, 0)
    assert stores.sealed.missed()[NO_CANDLE] == 1


def test_after_a_gap_the_reason_is_that(stores: Stores, target: ForecastTarget) -> None:
    stores.slots.offer([target])
    held = candles(1_400, last_close())
    stores.candles.delete(NOISE)
    stores.candles.write(NOISE, held.take([*range(1_380), *range(1_390, 1_400)]))
    sealer = SignalSealer(stores, WORDS)
    assert sealer.run() == 0
    later = clock_at(last_close() + 31)
    sealer._clock = later
    assert sealer.run() == 0
    assert stores.sealed.missed() == {GAP: 1}


def test_a_seal_that_never_reached_the_board_does_so_with_the_next_process(
    stores: Stores, target: ForecastTarget
) -> None:
    stores.slots.offer([target])
    assert SignalSealer(stores, WORDS).run() == 1
    row = stores.board.newest([target])[target]
    older = msgspec.structs.replace(row, seq=0, first_opening=row.first_opening - 300)
    stores.board.put([older])
    assert SignalSealer(stores, WORDS).run() == 0
    assert stores.board.newest([target])[target] == row
