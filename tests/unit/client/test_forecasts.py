import msgspec
import pytest

from client.forecasts import Forecast, PathForecast, horizon_frame, verdict_sentence

STEP = {
    "time": "2025-01-01T01:00:00Z",
    "horizon": 1,
    "predicted": 1.1,
    "interval": {"0.95": [0.9, 1.3], "0.8": [1.0, 1.2]},
}
ORIGIN = {
    "baseline": {"last_price": 1.05, "drift": 1.06},
    "skill": {"value": -0.01, "low": -0.02, "high": 0.001, "verdict": "unproven"},
    "model": {"name": "fx", "id": "1"},
    "input": {"last_time": "2025-01-01T00:00:00Z", "gaps": 0, "partial": False},
}


def _scores(mae: float) -> dict:
    skill = {"value": 0.1, "low": -0.1, "high": 0.3}
    return {"mae": mae, "skill": skill, "coverage": {"0.8": 0.79, "0.95": 0.96}}


def test_a_forecast_of_one_step_is_a_frame_of_one_row() -> None:
    forecast = msgspec.convert(STEP | ORIGIN, Forecast)

    row = forecast.frame.iloc[0]

    assert str(forecast.frame.index.dtype) == "datetime64[s, UTC]"
    assert row.to_dict() == {"horizon": 1, "predicted": 1.1, "low_80": 1.0, "high_80": 1.2,
                             "low_95": 0.9, "high_95": 1.3}  # fmt: skip
    assert forecast.last_price == 1.05


def test_a_forecast_of_many_steps_is_a_row_a_step() -> None:
    later = STEP | {"time": "2025-01-01T02:00:00Z", "horizon": 2}
    forecast = msgspec.convert({"predictions": [STEP, later]} | ORIGIN, PathForecast)

    assert forecast.frame["horizon"].tolist() == [1, 2]
    assert forecast.frame.index[1].isoformat() == "2025-01-01T02:00:00+00:00"


def test_walk_forward_errors_stand_beside_those_of_last_price() -> None:
    step = {"scores": _scores(0.9), "baseline_scores": _scores(1.0), "verdict": "unproven"}

    frame = horizon_frame({"by_horizon": [step | {"horizon": 1}, step | {"horizon": 2}]})

    assert frame.index.tolist() == [1, 2]
    assert frame["ratio"].tolist() == [0.9, 0.9]
    assert frame.loc[2, "coverage_95"] == 0.96


@pytest.mark.parametrize(
    ("verdict", "value", "words"),
    [
        ("skilled", 0.05, "5.00% smaller than last price's"),
        ("unproven", 0.001, "treat last price as the forecast"),
        ("unproven", 0.0, "as large as last price's"),
        ("no_skill", -0.2, "20.00% larger than last price's"),
    ],
)
def test_a_verdict_is_told_in_plain_words_with_its_figures(
    verdict: str, value: float, words: str
) -> None:
    sentence = verdict_sentence(verdict, value, -0.1, 0.1)

    assert words in sentence
    assert "95% interval -10.00% to +10.00%" in sentence


def test_a_verdict_without_figures_is_still_a_sentence() -> None:
    assert verdict_sentence("unproven", None, None, None).startswith("The data cannot tell it")
