"""Serving needs no Keras, says what it was made from, and refuses what it was not made for."""

import subprocess
import sys
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.clock.sessions import Sessions
from core.errors import Conflict, InvalidRequest
from core.series import CandleFlag
from ml.features.history import History
from ml.models.lstm.model import LstmModel
from ml.models.lstm.network import Architecture
from ml.models.lstm.serving import LstmServer
from ml.models.registry import read_model

HOUR = 3_600
START = 1_717_977_600  # Monday 2024-06-10 00:00 UTC
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
SHAPE = Architecture(seq_len=8, channels=4, units=4, nsteps=3, quantiles=LEVELS, origin_inputs=0)
ROWS = SHAPE.seq_len + 257


def graph(median: float = 0.5) -> bytes:
    """Return a network that always says the same: `median`, and one volatility around it.

    It sees windows only, as networks did until November 2026.
    """
    said = np.tile(median + np.array([-2, -1, 0, 1, 2]), SHAPE.nsteps).astype(np.float32)
    given = {
        "newest": np.array(-1, np.int64),
        "nothing": np.zeros((SHAPE.channels, len(said)), np.float32),
        "said": said,
        "size": np.array([-1, SHAPE.nsteps, len(LEVELS)], np.int64),
    }
    described = helper.make_tensor_value_info
    whole = helper.make_graph(
        [
            helper.make_node("Gather", ["window", "newest"], ["candle"], axis=1),
            helper.make_node("Gemm", ["candle", "nothing", "said"], ["flat"]),
            helper.make_node("Reshape", ["flat", "size"], ["quantiles"]),
        ],
        "always the same",
        [described("window", TensorProto.FLOAT, [None, SHAPE.seq_len, SHAPE.channels])],
        [described("quantiles", TensorProto.FLOAT, [None, SHAPE.nsteps, len(LEVELS)])],
        [numpy_helper.from_array(value, name) for name, value in given.items()],
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def skill(value: float) -> dict[str, Any]:
    return {
        "scores": {"skill": {"value": value, "low": value - 0.1, "high": value + 0.1}},
        "verdict": "unproven",
    }


def metadata(**changes: Any) -> dict[str, Any]:
    """Return what training would have written down, the widths being right already."""
    return (
        {
            "seq_len": SHAPE.seq_len,
            "nsteps": SHAPE.nsteps,
            "quantiles": list(LEVELS),
            "rows_needed": ROWS,
            "drift": 0.001,
            "sessions": Sessions.around_the_clock(HOUR).to_dict(),
            "shrink": [1.0] * SHAPE.nsteps,
            "conformal": [[0.0] * len(LEVELS)] * SHAPE.nsteps,
            "normalization": {"name": "returns", "scaler": None},
            "by_horizon": [{"horizon": 1} | skill(0.3)],
        }
        | skill(0.05)
        | changes
    )


def server(onnx: bytes, learnt: dict[str, Any]) -> LstmServer:
    """Return what serves these files, as they were written until November 2026."""
    text = msgspec.json.encode({"format": 1} | learnt)
    model = read_model({"model.json": text, "model.onnx": onnx})
    assert isinstance(model, LstmModel)
    return LstmServer(model, learnt)


def candles(count: int = ROWS) -> pd.DataFrame:
    """Return hourly candles that rise and fall by one percent in turn."""
    close = 100 * np.exp(0.01 * (np.arange(count) % 2))
    return pd.DataFrame(
        {
            "time": START + HOUR * np.arange(count),
            "open": close,
            "high": close,
            "low": close,
            "close": close,
            "volume": 1.0,
            "flags": 0,
        }
    )


def test_quantiles_of_moves_become_prices() -> None:
    forecast = server(graph(), metadata()).predict(candles(), HOUR)

    last = candles()["close"].iloc[-1]
    for step in forecast.predictions:
        unit = 0.01 * np.sqrt(step.horizon)
        assert step.predicted == pytest.approx(last * np.exp(0.5 * unit), rel=1e-6)
        low, high = step.interval["0.95"]
        assert low == pytest.approx(last * np.exp(-1.5 * unit), rel=1e-6)
        assert high == pytest.approx(last * np.exp(2.5 * unit), rel=1e-6)
        assert step.baseline["last_price"] == last
        assert step.baseline["drift"] == pytest.approx(last * np.exp(0.001 * step.horizon))


def test_what_calibration_learnt_is_applied() -> None:
    learnt = metadata(shrink=[0.0] * 3, conformal=[[-1.0, -0.5, 0, 0.5, 1.0]] * 3)

    first = server(graph(), learnt).predict(candles(), HOUR).predictions[0]

    last = candles()["close"].iloc[-1]
    assert first.predicted == pytest.approx(last)
    assert first.interval["0.8"] == pytest.approx(
        [last * np.exp(-0.015), last * np.exp(0.015)], rel=1e-6
    )
    assert first.interval["0.95"] == pytest.approx(
        [last * np.exp(-0.03), last * np.exp(0.03)], rel=1e-6
    )


def test_each_step_names_the_opening_of_its_candle() -> None:
    forecast = server(graph(), metadata()).predict(candles(), HOUR)

    last_time = START + HOUR * (ROWS - 1)
    assert [step.time_s for step in forecast.predictions] == [
        last_time + HOUR * k for k in (1, 2, 3)
    ]
    assert [step.horizon for step in forecast.predictions] == [1, 2, 3]


def test_a_closure_of_the_market_is_skipped_and_no_gap() -> None:
    weekend = np.zeros(168, bool)
    weekend[48:96] = True  # slots count from Thursday: Saturday and Sunday
    sessions = Sessions(HOUR, weekend, weekend).to_dict()
    hours = candles(600)
    traded = hours[~weekend[hours["time"] // HOUR % 168]]
    friday_end = START + 19 * 24 * HOUR - HOUR
    tail = traded[traded["time"] <= friday_end].tail(ROWS).reset_index(drop=True)

    forecast = server(graph(), metadata(sessions=sessions)).predict(tail, HOUR)

    assert forecast.predictions[0].time_s == friday_end + 49 * HOUR
    assert forecast.input["gaps"] == []


def test_an_unfinished_candle_is_left_out_and_told() -> None:
    frame = candles(ROWS + 1)
    frame.loc[ROWS, ["close", "flags"]] = [900.0, int(CandleFlag.PARTIAL)]

    with_it = server(graph(), metadata()).predict(frame, HOUR)
    without = server(graph(), metadata()).predict(candles(), HOUR)

    assert with_it.predictions == without.predictions
    assert with_it.input == without.input | {"partial": True}
    assert len(frame) == server(graph(), metadata()).rows_needed


def test_the_same_candles_are_not_forecast_from_twice_and_others_are() -> None:
    asked = server(graph(), metadata())
    moved = candles()
    moved.loc[ROWS - 1, "close"] *= 1.01

    first, again, other = (asked.predict(each, HOUR) for each in (candles(), candles(), moved))

    assert again == first
    assert other == server(graph(), metadata()).predict(moved, HOUR)
    assert other.predictions[0].predicted != first.predictions[0].predicted
    history = asked._model.newest(History(candles(), asked._sessions))[0]
    assert asked._model.newest(History(candles(), asked._sessions))[0] is history


def test_candles_that_seem_cut_short_are_told() -> None:
    whole = candles().assign(high=lambda frame: 1.01 * frame["high"])
    cut = whole.copy()
    newest = cut.index[-3:]
    cut.loc[newest, "high"] = cut.loc[newest, "low"]
    cut.loc[newest, "volume"] *= 1e-3

    assert server(graph(), metadata()).predict(cut, HOUR).input["thin"]
    assert not server(graph(), metadata()).predict(whole, HOUR).input["thin"]


def test_a_gap_in_what_the_network_saw_is_told() -> None:
    frame = candles(ROWS + 3).drop([ROWS - 2, ROWS - 1]).reset_index(drop=True)

    told = server(graph(), metadata()).predict(frame, HOUR).input

    gap = START + HOUR * (ROWS - 2)
    stamp = [str(np.datetime64(time, "s")) + "Z" for time in (gap, gap + 2 * HOUR)]
    assert told["gaps"] == [stamp]
    assert told["last_time"] == str(np.datetime64(START + HOUR * (ROWS + 2), "s")) + "Z"


def test_an_old_gap_that_the_network_did_not_see_is_not_told() -> None:
    frame = candles(ROWS + 3).drop([5, 6]).reset_index(drop=True)

    assert server(graph(), metadata()).predict(frame, HOUR).input["gaps"] == []


def test_skill_is_that_of_the_horizon_where_it_was_measured() -> None:
    forecast = server(graph(), metadata()).predict(candles(), HOUR)

    first, second, _ = forecast.predictions
    assert first.skill == {
        "value": 0.3,
        "low": pytest.approx(0.2),
        "high": 0.4,
        "verdict": "unproven",
        "baseline": "last_price",
    }
    assert second.skill == forecast.skill
    assert forecast.skill["value"] == 0.05
    assert forecast.baseline == first.baseline


def test_another_resolution_is_a_conflict_that_names_the_trained_one() -> None:
    with pytest.raises(Conflict, match="3600 seconds, not 60"):
        server(graph(), metadata()).predict(candles(), 60)


def test_too_few_candles_are_refused_with_both_numbers() -> None:
    with pytest.raises(InvalidRequest, match=f"needs {ROWS} .* {ROWS - 1} are held"):
        server(graph(), metadata()).predict(candles(ROWS - 1), HOUR)


def test_serving_loads_neither_keras_nor_tensorflow() -> None:
    code = (
        "import sys, ml.models.lstm.serving, ml.models.lstm.options;"
        "sys.exit(any(m.split('.')[0] in ('keras', 'tensorflow', 'onnx') for m in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
