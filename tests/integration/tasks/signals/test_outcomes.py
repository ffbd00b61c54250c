"""Signals are kept as given, and get their outcomes from the candles that follow."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from core.forecast_target import target_of_series
from core.ledger import SIGNALS
from core.series import Series
from core.signals import (
    PREDICTION,
    SIGNAL_ANSWER,
    SIGNAL_MODEL,
    SignalWords,
    offered_horizons,
    path_target,
    signal_model,
)
from storage.candles.candle_columns import Candles
from storage.database import writing
from storage.ledger import append_only
from storage.ledger.ledger_verify import verify_ledger
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal
from storage.models.answer_cache import Asked
from storage.models.runs import RunRecord
from storage.models.signals import PENDING, SignalFilter, SignalRecord
from storage.stores import Stores
from tasks.enqueue import Enqueue
from tasks.forecasts.retrain import Retrainer
from tasks.signals.first_trainings import train_first
from tasks.signals.refresh_answers import refresh_answers
from tasks.signals.score_signals import score_signals
from tasks.signals.seal_signals import unsealed
from tests.clocks import began
from tests.integration.tasks.signals.market import NOISE, candles, last_close, train

SOL = Series("coinbase", "SOL-USD", 300)
pytestmark = pytest.mark.clock


def seen() -> int:
    """Return the opening (s) of the candle that was seen: it closed an hour ago."""
    return began() // 300 * 300 - 3_900


def run(stores: Stores) -> RunRecord:
    """Record a training that never slept."""
    target = target_of_series(SOL, 6, SIGNAL_MODEL, None)
    stores.registry.configure(target, {}, 0, 0)
    folder = stores.registry.new_folder()
    (folder / "model.json").write_text("{}")
    around = {"sessions": {"resolution": 300, "closures": [], "closed": []}}
    record = RunRecord(
        id="a-run", target=target, created_at=1, job_id=None, reason="requested", seed=0,
        options={},
        data_hash="", first_time=0, last_time=0, candles=0, code_version="", n=1, scores={},
        baseline_scores={}, verdict="skilled", promoted=True, decision={}, metadata=around,
    )  # fmt: skip
    return stores.registry.enter(record, folder, None)


def buy(late_s: int = 0, **other: object) -> SignalRecord:
    """Return a signal to buy at 100 that was made so long after its candle's close."""
    record = SignalRecord(
        id="first", platform=SOL.platform, symbol=SOL.symbol, resolution=300, horizon=6,
        opening=seen(), run_id="a-run", made_at=(seen() + 300 + late_s) * 1_000, type="buy",
        confidence=0.6, strength="strong", quality="high", probability_hold=0.2,
        probability_buy=0.6, probability_sell=0.2, current_price=100.0, take_profit=102.0,
        stop_loss=99.0, expected_percent=0.3, expires_at=(seen() + 7 * 300) * 1_000, reason="Buy.",
        model_hash="", data_hash="", result=PENDING,
    )  # fmt: skip
    return msgspec.structs.replace(record, **other)


def path(*rows: tuple[float, float, float, float]) -> Candles:
    """Return the candles (open, high, low, close) that follow the one that was seen."""
    time = seen() + 300 * np.arange(1, len(rows) + 1, dtype=np.int64)
    columns = (np.array([row[i] for row in rows]) for i in range(4))
    count = len(rows)
    return Candles(time, *columns, np.ones(count), np.full(count, -1), np.zeros(count, np.int64))


CALM, UP = (100.0, 100.5, 99.5, 100.0), (100.0, 103.0, 99.5, 102.5)
DOWN = (100.0, 100.5, 98.0, 98.5)


def outcome_of(stores: Stores, signal_id: str = "first") -> SignalRecord:
    """Return a signal as the history has it."""
    rows, _ = stores.signals.page(SignalFilter(symbol=SOL.symbol), 10, 0)
    return next(row for row in rows if row.id == signal_id)


def test_an_outcome_comes_from_the_candles_after_the_signal_and_never_changes(
    stores: Stores,
) -> None:
    run(stores)
    stores.signals.add(buy())
    assert score_signals(stores) == 0
    stores.candles.write(SOL, path(CALM, UP))
    assert score_signals(stores) == 1
    found = outcome_of(stores)
    assert (found.result, found.exit) == ("profit", "take_profit")
    assert found.closed_at == (seen() + 3 * 300) * 1_000
    assert not stores.signals.close("first", {"result": "loss"})
    assert score_signals(stores) == 0


def test_an_outcome_has_the_costs_of_its_signal_s_market(stores: Stores) -> None:
    run(stores)
    stores.signals.add(buy(costs_bps=3.0, spread_bps=2.0))
    stores.candles.write(SOL, path(CALM, UP))
    score_signals(stores)
    found = outcome_of(stores).pnl_percent
    assert found == pytest.approx(100 * (102 / (100 * 1.0002) * np.exp(-1e-4) - 1))


def test_the_outcome_of_a_sealed_signal_stands_in_its_chain(stores: Stores) -> None:
    run(stores)
    record = stores.signals.add(buy(costs_bps=20.0, spread_bps=0.0))
    first = record.opening + 300
    with writing(stores.engine) as connection:
        append_only.lift(connection)  # the database's clock would not believe it
    sealed = SealedSignals(stores.engine, stores.heads, clock=lambda: first * 1_000)
    target = target_of_series(SOL, 6, SIGNAL_MODEL, None)
    assert sealed.append([unsealed(record, target, first, first + 5 * 300, input_end=first)]).rows
    stores.candles.write(SOL, path(CALM, UP))
    assert (score_signals(stores), score_signals(stores)) == (1, 0)
    row = stores.sealed.find(target, first + 5 * 300)
    assert row
    assert (row.pnl_percent, row.exit) == (outcome_of(stores).pnl_percent, "take_profit")
    assert row.closed_at == outcome_of(stores).closed_at == (seen() + 3 * 300) * 1_000
    assert verify_ledger(stores.engine, stores.heads, SIGNALS).events == 1


def test_a_signal_made_late_is_entered_with_the_next_candle(stores: Stores) -> None:
    run(stores)
    stores.signals.add(buy(late_s=200))
    # The gain came before anybody could have entered.
    stores.candles.write(SOL, path(UP, DOWN))
    assert score_signals(stores) == 1
    found = outcome_of(stores)
    assert (found.result, found.exit) == ("loss", "stop_loss")


def test_a_signal_of_the_same_candle_and_training_is_kept_once(stores: Stores) -> None:
    stores.signals.add(buy())
    assert stores.signals.add(buy(id="second")).id == "first"
    assert stores.signals.add(buy(id="third", type="hold", result=None)).id == "third"
    rows, total = stores.signals.page(SignalFilter(symbol=SOL.symbol, type="buy"), 1, 0)
    assert ([row.id for row in rows], total) == (["first"], 1)


def test_watched_series_are_trained_and_answered_for_by_the_schedule(
    stores: Stores, enqueue: Enqueue
) -> None:
    stores.candles.write(NOISE, candles(1_400, last_close()))
    assert train_first(stores, enqueue, offered_horizons({})) == 0
    stores.watches.add(NOISE)
    assert train_first(stores, enqueue, offered_horizons({})) == 1
    assert train_first(stores, enqueue, offered_horizons({})) == 0  # it is under way
    assert train(stores, NOISE, 6).error is None
    assert refresh_answers(stores, SignalWords()) == 2
    for name in (PREDICTION, SIGNAL_ANSWER):
        assert stores.answers.find(Asked(name, NOISE, 6)) is not None
    assert refresh_answers(stores, SignalWords()) == 0
    held, _ = stores.signals.page(SignalFilter(symbol=NOISE.symbol), 10, 0)
    assert [row.opening for row in held] == [last_close() - 300]


def seal(stores: Stores, record: SignalRecord, **more: object) -> SealedSignal:
    """Seal a signal as if its first candle had just opened, and return its row."""
    first = record.opening + 300
    with writing(stores.engine) as connection:
        append_only.lift(connection)  # the database's clock would not believe it
    sealed = SealedSignals(stores.engine, stores.heads, clock=lambda: first * 1_000)
    target = target_of_series(SOL, 6, SIGNAL_MODEL, None)
    priors = {"prior_hold": 0.4, "prior_buy": 0.3, "prior_sell": 0.3}
    chances = {"side": "buy", "probability_tp": 0.3, "probability_sl": 0.5}
    said = {"input_end": first} | priors | chances | more
    made = unsealed(record, target, first, first + 5 * 300, **said)
    (row,) = sealed.append([made]).rows
    return row


def hold() -> SignalRecord:
    """Return a signal to hold."""
    return buy(type="hold", take_profit=None, stop_loss=None, result=None, confidence=0.2,
               costs_bps=20.0, spread_bps=0.0)  # fmt: skip


def test_a_sealed_hold_is_scored_by_what_its_side_would_have_earned(stores: Stores) -> None:
    run(stores)
    seal(stores, stores.signals.add(hold()), take_profit=102.0, stop_loss=99.0, run_id="a-run")
    stores.candles.write(SOL, path(CALM, (100.0, 101.0, 98.5, 98.6)))
    assert score_signals(stores) == 0  # stopped, but neither barrier of buy and sell is touched
    stores.candles.write(SOL, path(CALM, (100.0, 101.0, 98.5, 98.6), (98.6, 98.7, 97.0, 97.5)))
    assert (score_signals(stores), score_signals(stores)) == (1, 0)
    target = target_of_series(SOL, 6, SIGNAL_MODEL, None)
    (row,) = stores.sealed.scored(target)
    assert (row.exit, row.label) == ("stop_loss", "sell")
    assert row.pnl_percent == pytest.approx(100 * (0.99 * np.exp(-2e-3) - 1))
    assert stores.sealed.pending(2**40) == []


def test_a_path_that_touches_nothing_is_a_hold_once_its_horizon_is_over(stores: Stores) -> None:
    run(stores)
    seal(stores, stores.signals.add(hold()), take_profit=102.0, stop_loss=99.0, run_id="a-run")
    stores.candles.write(SOL, path(*(CALM,) * 5))
    assert score_signals(stores) == 0
    stores.candles.write(SOL, path(*(CALM,) * 6))
    assert score_signals(stores) == 1
    target = target_of_series(SOL, 6, SIGNAL_MODEL, None)
    (row,) = stores.sealed.scored(target)
    assert (row.exit, row.label) == ("time", "hold")


def test_sealed_signals_have_their_scores_on_the_board(stores: Stores) -> None:
    run(stores)
    row = seal(stores, stores.signals.add(buy(costs_bps=20.0, spread_bps=0.0)), run_id="a-run")
    stores.candles.write(SOL, path(CALM, UP))
    assert score_signals(stores) == 1
    board = stores.boards.all(SIGNALS)[row.target]
    assert (board.n, board.verdict) == (1, "unproven")
    share = 0.6 / 0.8
    assert board.scores["direction"]["brier"] == pytest.approx(2 * (1 - share) ** 2)
    assert board.baseline_scores["direction"]["brier"] == pytest.approx(0.5)
    assert board.scores["tp_first"]["baseline"] == "driftless"
    assert board.scores["positions"] | {"mean_percent": 0} == {
        "n": 1, "profits": 1, "mean_percent": 0, "low_percent": None, "high_percent": None,
    }  # fmt: skip


def test_a_watched_series_of_any_length_is_trained_as_far_as_its_routes_ask(
    stores: Stores, enqueue: Enqueue
) -> None:
    quarters = Series("coinbase", "SOL-USD", 900)
    stores.watches.add(quarters)
    rows = candles(1_400, last_close()).replace(
        time=last_close() // 900 * 900 + 900 * np.arange(-1_400, 0)
    )
    stores.candles.write(quarters, rows)
    # Other exits are trained where they are asked for, and are not the usual ones.
    other = path_target(quarters, 16, signal_model("rr_3_1"))
    stores.registry.configure(other, {}, 3_600, 0)
    assert train_first(stores, enqueue, offered_horizons({})) == 1
    (job,) = stores.jobs.list()[0]
    wanted = job.request["horizons"], job.request["range_horizons"], job.request["rr_config"]
    assert wanted == ([16], [1, 4, 16], "rr_2_1")


def test_an_offered_slot_is_trained_unasked_and_again_though_nobody_watches_it(
    stores: Stores, enqueue: Enqueue
) -> None:
    stores.candles.write(NOISE, candles(1_400, last_close()))
    slot = target_of_series(NOISE, 7, SIGNAL_MODEL, None)
    stores.slots.offer([slot])
    assert (
        train_first(stores, enqueue, offered_horizons({})),
        train_first(stores, enqueue, offered_horizons({})),
    ) == (1, 0)
    (job,) = stores.jobs.list()[0]
    assert (job.name, job.request["horizons"]) == ("train_outlook", [7])
    assert job.request["range_horizons"] == [1, 4, 16]
    stores.registry.configure(slot, {}, 3_600, 0)
    stores.registry.note_failure(slot, "once")
    assert Retrainer(lambda: began() * 1_000 + 7_200_000).run(stores, enqueue) == 1
    stores.slots.offer([])
    assert Retrainer(lambda: began() * 1_000 + 14_400_000).run(stores, enqueue) == 0


@pytest.mark.parametrize(
    ("finer", "exit_"), [((), "stop_loss"), ((UP, DOWN), "take_profit"), ((DOWN, UP), "stop_loss")]
)
def test_the_finest_candles_held_say_which_exit_came_first(
    stores: Stores, finer: tuple[tuple[float, float, float, float], ...], exit_: str
) -> None:
    run(stores)
    sealed = seal(stores, stores.signals.add(buy(costs_bps=20.0, spread_bps=0.0)))
    stores.candles.write(SOL, path((100.0, 103.0, 98.0, 100.0)))
    minutes = path(CALM, *finer)
    if finer:
        at = sealed.first_opening + 60 * np.arange(len(minutes), dtype=np.int64)
        stores.candles.write(Series(SOL.platform, SOL.symbol, 60), replace(minutes, time=at))
    assert score_signals(stores) == 1
    row = stores.sealed.find(sealed.target, sealed.opening)
    assert row
    assert row.exit == exit_
