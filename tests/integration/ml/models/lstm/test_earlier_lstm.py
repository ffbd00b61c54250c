"""A slot's LSTM that commit e442c9a trained forecasts what it forecast then.

Those under a name are tried by `tests/integration/operate/test_old_data_folder.py`.
"""

import base64
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.features.history import make_history
from ml.models.registry import read_model

FIXTURE = Path(__file__).parents[4] / "fixtures" / "lstm_e442c9a" / "model.json"


def test_an_earlier_lstm_of_a_slot_forecasts_the_same() -> None:
    known = json.loads(FIXTURE.read_text())
    files = {name: base64.b64decode(content) for name, content in known["files"].items()}
    close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(size=1_200) * 0.001))
    frame = pd.DataFrame(
        {
            "time": 1_700_000_100 + 300 * np.arange(1_200),
            "open": close,
            "high": close * 1.001,
            "low": close * 0.999,
            "close": close,
            "volume": 1.0,
        }
    )

    model = read_model(files)
    forecast = model.predict(make_history(frame, 300), np.array([1_000, 1_050, 1_199]))

    assert forecast.quantiles == pytest.approx(np.array(known["quantiles"]), rel=1e-9)
    assert forecast.prob_up == pytest.approx(np.array(known["prob_up"]), rel=1e-9)
    assert model.to_files()["model.onnx"] == files["model.onnx"]
