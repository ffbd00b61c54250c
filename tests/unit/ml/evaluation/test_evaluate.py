"""Walk-forwards of any model: their shape, their honesty, their errors."""

import math

import numpy as np
import pytest

from core.errors import InvalidRequest, JobStopped, NotFound
from core.models import known_models
from ml.evaluation.judge_range import RangeKind
from ml.evaluation.judge_signal import SignalKind
from ml.evaluation.scored_folds import ScoredFolds
from ml.evaluation.train_challenger import Recipe, evaluate, train_challenger
from ml.evaluation.walk import WalkProgress, walk_models
from ml.features.history import make_history
from tests.unit.ml.models.boosting.made_candles import (
    autoregressive,
    changing_volatility,
    make_candles,
    noise,
)

SCORES = {
    "n", "mae", "rmse", "mape", "smape", "mase", "skill", "baseline", "dm", "direction",
    "pinball", "coverage", "winkler", "brier", "log_loss", "ece", "after_costs",
}  # fmt: skip
QUICK = {"rounds": 30}


def _evaluate(returns, **asked):
    recipe = {"model": "boosting", "horizon": 1, "options": QUICK}
    recipe |= {name: asked.pop(name) for name in ("model", "horizon", "seed") if name in asked}
    return evaluate(make_candles(returns), 300, Recipe(**recipe), **asked)


@pytest.mark.parametrize("model", [name for name in known_models("close") if name != "lstm"])
def test_a_result_has_every_score_of_the_contract(model):
    result = _evaluate(changing_volatility(2_000, 0), model=model, folds=2, horizon=2)
    for card in (result["scores"], result["baseline_scores"]):
        assert set(card) == SCORES
        assert set(card["coverage"]) == set(card["winkler"]) == {"0.8", "0.95"}
        assert set(card["after_costs"]) == {"1x", "2x", "3x"}
    assert result["verdict"] in ("skilled", "unproven", "negligible", "no_skill")
    assert (result["scores"]["baseline"], result["baseline"]) == ("last_price", "ewma_or_garch")
    assert result["n"] == result["scores"]["n"] == sum(f["test"]["n"] for f in result["folds"])
    assert len(result["folds"]) == 2
    assert all(fold["train"]["end"] < fold["test"]["start"] for fold in result["folds"])
    assert result["calibration"]["n"] == result["n"]


def test_the_same_seed_gives_the_same_result_however_threads_run():
    returns = changing_volatility(2_000, 1)
    assert _evaluate(returns, seed=5) == _evaluate(returns, seed=5)


def test_a_planted_signal_is_found():
    result = _evaluate(autoregressive(8_000, 0))
    assert result["verdict"] == "skilled"
    assert result["scores"]["direction"]["p_value"] < 0.05
    assert result["scores"]["brier"] < result["baseline_scores"]["brier"]


@pytest.mark.parametrize("seed", range(4))
def test_no_skill_is_claimed_on_noise_and_nothing_is_lost_there(seed):
    result = _evaluate(noise(4_000, seed))
    assert result["verdict"] != "skilled"
    assert result["scores"]["mae"] <= 1.01 * result["baseline_scores"]["mae"]
    assert result["scores"]["brier"] <= 1.01 * result["baseline_scores"]["brier"]


@pytest.mark.parametrize("horizon", [1, 6])
def test_intervals_hold_what_they_promise_while_volatility_changes(horizon):
    returns = changing_volatility(6_000, 2)
    result, ewma = (_evaluate(returns, horizon=horizon, model=m) for m in ("boosting", "ewma"))
    assert result["scores"]["coverage"]["0.8"] == pytest.approx(0.8, abs=0.02)
    assert result["scores"]["coverage"]["0.95"] == pytest.approx(0.95, abs=0.012)
    assert sum(block["n"] for block in result["coverage_by_hour"].values()) == result["n"]
    assert result["coverage_across_closures"] is None
    for tercile in result["coverage_by_volatility"].values():
        assert 0.7 <= tercile["0.8"] <= 0.9
    assert result["scores"]["winkler"]["0.8"] <= 1.01 * ewma["scores"]["winkler"]["0.8"]


def test_prices_that_never_move_are_judged_without_failing():
    frame = make_candles(np.zeros(2_000))
    frame["volume"] = 0.0
    result = evaluate(frame, 300, Recipe("boosting", 1, options=QUICK))
    assert result["verdict"] == "unproven"
    assert result["scores"]["mae"] == 0
    assert result["scores"]["skill"]["value"] is None


def test_gaps_are_left_out_of_training_and_test():
    frame = make_candles(noise(3_000, 3)).drop(index=range(2_000, 2_010))
    result = evaluate(frame, 300, Recipe("ewma", 4))
    lost = 49 + 4  # warming up again, and labels across the gap
    assert result["n"] < 1_500 - lost / 2
    assert all(math.isfinite(fold["scores"]["mae"]) for fold in result["folds"])


def test_errors_name_what_is_missing():
    with pytest.raises(NotFound, match="boosting"):
        _evaluate(noise(500, 0), model="oracle")
    with pytest.raises(InvalidRequest, match="at least"):
        _evaluate(noise(500, 0))
    with pytest.raises(InvalidRequest, match="Too few"):
        _evaluate(noise(52, 0), folds=20)
    with pytest.raises(InvalidRequest, match="at least"):
        evaluate(make_candles(noise(200, 0)), 300, Recipe("next_candle", 1))


def test_an_evaluation_stops_when_its_report_says_so():
    def stop(progress):
        raise JobStopped("enough")

    with pytest.raises(JobStopped):
        _evaluate(noise(2_000, 0), report=stop)


def test_ranges_beat_ewma_ranges_where_the_hour_matters_and_hold_their_coverage():
    frame = make_candles(changing_volatility(8_000, 4, hour=1.0))
    result = evaluate(frame, 300, Recipe("path_range", 6, options=QUICK))
    assert result["scores"]["coverage"]["0.9"] == pytest.approx(0.9, abs=0.02)
    assert result["scores"]["skill"]["value"] > 0
    assert result["n"] == sum(fold["n"] for fold in result["folds"])


@pytest.mark.parametrize("seed", range(3))
def test_signals_show_no_direction_on_noise_though_barriers_are_foreseen(seed):
    frame = make_candles(changing_volatility(4_000, seed))
    result = evaluate(frame, 300, Recipe("barrier_signals", 6, options=QUICK))
    assert result["verdict"] != "skilled"
    for part, baseline in result["baseline_scores"].items():
        assert result["scores"][part]["brier"] <= 1.01 * baseline["brier"]


def test_signals_find_a_planted_direction():
    frame = make_candles(autoregressive(8_000, 1, coefficient=0.3))
    recipe = Recipe("barrier_signals", 1, options=QUICK)
    assert evaluate(frame, 300, recipe)["verdict"] == "skilled"


def test_the_validation_of_a_candle_is_split_in_time_and_beside_last_price():
    frame = make_candles(changing_volatility(3_000, 5))
    trained = train_challenger(frame, 300, Recipe("next_candle", 1, options=QUICK), None)
    result = trained.result
    (fold,) = result["folds"]
    assert fold["train"]["n"] == pytest.approx(0.8 * trained.samples, abs=3)
    assert fold["train"]["end"] < fold["test"]["start"]
    assert trained.trained_until < int(frame["time"].iloc[-result["n"]])
    ours, naive = result["scores"], result["baseline_scores"]
    assert ours["mae"] <= 1.01 * naive["mae"]
    assert set(ours["targets"]) == {"open", "high", "low", "close", "amplitude"}
    assert ours["targets"]["amplitude"]["mae"] < naive["targets"]["amplitude"]["mae"]


@pytest.mark.parametrize(
    ("model", "baseline"),
    [("path_range", {"ewma_range", "garch_range"}), ("barrier_signals", {"class_prior"})],
)
def test_skill_names_the_baseline_that_it_is_against(model, baseline):
    frame = make_candles(changing_volatility(2_000, 6))
    result = evaluate(frame, 300, Recipe(model, 2, options=QUICK), folds=2)
    assert result["baseline"] in baseline
    scores = result["scores"]
    cards = [scores] if "skill" in scores else [scores[p] for p in scores if p != "after_costs"]
    named = {card["baseline"] for card in cards if "skill" in card}
    assert len(cards) == sum("skill" in card for card in cards)
    assert named <= {result["baseline"], "even_odds"}


def test_percentage_errors_of_amplitudes_near_nothing_are_left_out():
    frame = make_candles(changing_volatility(3_000, 5))
    still = frame.index[-100]
    frame.loc[still, ["open", "high", "low"]] = frame.loc[still, "close"]
    frame.loc[still, "high"] += 1e-9
    targets = evaluate(frame, 300, Recipe("next_candle", 1, options=QUICK))["scores"]["targets"]
    assert targets["amplitude"]["mape"] is None
    assert 0 < targets["amplitude"]["smape"] < 200
    assert all(targets[name]["mape"] < 1 for name in ("open", "high", "low", "close"))


# Far ahead a fold holds a dozen windows that do not overlap.
@pytest.mark.parametrize(("horizon", "most_lost"), [(6, 0.05), (72, 0.1)])
def test_ranges_take_from_the_plain_one_what_serves_them(horizon, most_lost):
    frame = make_candles(changing_volatility(4_000, 7))
    result = evaluate(frame, 300, Recipe("path_range", horizon, options=QUICK), folds=2)
    shares = [fold["model"]["believed"]["plain"] for fold in result["folds"]]
    assert all(0 <= share <= 1 for share in shares)
    assert result["verdict"] != "skilled" or result["scores"]["skill"]["low"] > 0
    # Where the plain one is as good as the process allows, boosting cannot be better.
    assert result["scores"]["skill"]["value"] > -most_lost


@pytest.mark.parametrize("model", ["boosting", "path_range"])
def test_the_verdict_on_one_of_many_candidates_allows_for_all_of_them(model):
    frame, recipe = make_candles(autoregressive(2_000, 3)), Recipe(model, 1, options=QUICK)
    narrow, wide = (
        train_challenger(frame, 300, recipe, None, folds=2, candidates=candidates).result["scores"]
        for candidates in (1, 10)
    )
    assert narrow["skill"]["value"] == wide["skill"]["value"]
    assert wide["skill"]["low"] < narrow["skill"]["low"]
    assert narrow["skill"]["high"] < wide["skill"]["high"]


def _direction_table(label, chance):
    probability = np.column_stack([1 - chance, chance])
    tables = {part: np.full((len(label), 3), 1 / 3) for part in ("signal", "long", "short")}
    tables |= {f"{part}_label": np.zeros(len(label), int) for part in tables}
    earned = {f"earned_{times}x": np.zeros(len(label)) for times in (1, 2, 3)}
    return tables | earned | {"direction": probability, "direction_label": label}


@pytest.mark.parametrize(
    ("rises", "prior", "said", "against", "verdict"),
    [
        # A prior that a falling stretch taught: who says nothing at all is not skilled.
        (0.5, 0.3, 0.5, "even_odds", "no_skill"),
        # A market that rises more often than not: even odds are no rival there.
        (0.8, 0.8, 0.8, "class_prior", "no_skill"),
        (0.5, 0.5, None, "class_prior", "skilled"),
    ],
)
def test_direction_must_beat_the_prior_and_even_odds(rises, prior, said, against, verdict):
    rng = np.random.default_rng(0)
    label = (rng.random(2_000) < rises).astype(int)
    known = 0.5 + 0.2 * (2 * label - 1) if said is None else np.full(2_000, said)
    tables = (_direction_table(label, chance) for chance in (known, np.full(2_000, prior)))
    found = SignalKind(6, 0).scores(*tables, "class_prior")
    assert (found["scores"]["direction"]["baseline"], found["verdict"]) == (against, verdict)


def test_ranges_are_judged_against_the_plain_one_that_did_best():
    frame = make_candles(changing_volatility(3_000, 8))
    result = evaluate(frame, 300, Recipe("path_range", 24, options=QUICK), folds=2)
    history = make_history(frame, 300)
    kind = RangeKind(24, 0)
    rows = history.learnable(24)
    walked = walk_models(
        history, kind.makers(), kind.splits(history, rows, 2), WalkProgress(lambda told: None, 1)
    )
    scored = ScoredFolds.of(kind, history, walked)
    losses = {name: scored.loss(name).mean() for name in ("ewma_range", "garch_range")}
    best = min(losses, key=losses.get)
    assert result["baseline"] == result["scores"]["baseline"] == best
    assert result["baseline_scores"]["pinball"] == pytest.approx(losses[best])
    shown = 1 - result["scores"]["pinball"] / losses[best]
    assert result["scores"]["skill"]["value"] == pytest.approx(shown)
