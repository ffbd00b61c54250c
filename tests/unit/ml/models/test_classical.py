"""ETS and Theta are those of statsmodels, at every origin, from what was known there."""

import numpy as np
import pytest

from core.jobs import Progress
from ml.evaluation.train_challenger import Recipe, evaluate
from ml.features.history import make_history
from ml.models import classical
from ml.models.classical import EXTRA, Ets, Theta, classical_models
from tests.unit.ml.models.boosting.made_candles import autoregressive, make_candles, noise

HORIZON = 6


def test_without_the_package_the_answer_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(classical, "PACKAGE", "no_such_package")
    result = evaluate(make_candles(noise(600, 0)), 300, Recipe("last_price", 1), folds=2)
    assert set(result["not_tried"]) == {"ets", "theta"}
    assert all(EXTRA in reason for reason in result["not_tried"].values())
    assert set(result["other_baselines"]) == {"drift", "seasonal_naive"}


def test_both_stand_beside_last_price_in_an_evaluation() -> None:
    pytest.importorskip("statsmodels")
    told: list[Progress] = []
    frame = make_candles(autoregressive(1_200, 0))
    result = evaluate(frame, 300, Recipe("last_price", 1), folds=2, report=told.append)
    assert result["not_tried"] == {}
    assert set(result["other_baselines"]) == {"drift", "seasonal_naive", "ets", "theta"}
    for name in ("ets", "theta"):
        card = result["other_baselines"][name]
        assert card["n"] == result["n"]
        assert card["coverage"]["0.8"] == pytest.approx(0.8, abs=0.06)
    # Returns that carry on are smoothed with an alpha above 1, which neither has.
    assert result["other_baselines"]["ets"]["mae"] < 1.05 * result["scores"]["mae"]


@pytest.mark.parametrize("trend", [0.0, 3e-4])
def test_points_are_those_of_the_library_for_each_origin(trend: float) -> None:
    ets = pytest.importorskip("statsmodels.tsa.exponential_smoothing.ets")
    theta = pytest.importorskip("statsmodels.tsa.forecasting.theta")
    history = make_history(make_candles(noise(700, 1) + trend), 300)
    closes, rows = np.log(history.path.close), history.learnable(HORIZON)
    learnt, later = rows[:400], rows[500:]
    made = Ets(HORIZON), Theta(HORIZON)
    for model in made:
        model.fit(history, learnt)
    first, last = learnt[0], learnt[-1] + 1
    for row in later[[0, -1]]:
        known = closes[first : row + 1]
        whole = ets.ETSModel(known, error="add", **made[0]._form).smooth(made[0]._parameters)
        said = np.log(made[0].predict(history, np.array([row])).point[0])
        assert said == pytest.approx(whole.forecast(HORIZON)[-1], abs=1e-9)
    at_end = theta.ThetaModel(closes[first:last], period=1, deseasonalize=False).fit()
    said = np.log(made[1].predict(history, learnt[-1:]).point[0])
    assert said == pytest.approx(np.asarray(at_end.forecast(HORIZON))[-1], abs=1e-9)


def test_nothing_after_a_row_changes_its_forecast() -> None:
    pytest.importorskip("statsmodels")
    frame = make_candles(noise(700, 2))
    whole, part = (make_history(frame.head(count), 300) for count in (700, 620))
    rows = whole.learnable(HORIZON)[:400]
    for name, make in classical_models(HORIZON)[0].items():
        model = make()
        model.fit(whole, rows)
        asked = np.array([550, 600])
        both = [model.predict(history, asked).quantiles for history in (whole, part)]
        assert both[0] == pytest.approx(both[1], abs=1e-9), name
