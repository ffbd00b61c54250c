"""A model that another package brings is trained, judged, saved and loaded like ours."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]

# A whole model, as `ml.models.protocol` asks for it: a share of the last return goes on.
MODEL = """
import msgspec
import numpy as np

from core.errors import InvalidRequest
from ml.data import labels
from ml.models.protocol import FILE, LEVELS, Distribution, Model, read_options


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    share: float = 0.2


class Learnt(msgspec.Struct, frozen=True):
    name: str
    horizon: int
    share: float
    spread: list[float]


class Momentum(Model):
    name = "toy_momentum"

    def __init__(self, horizon, seed, options):
        self.horizon = horizon
        self.options = read_options(options, Options)
        self.learnt = None

    def fit(self, history, rows):
        if len(rows) < 100:
            raise InvalidRequest(f"It needs at least 100 candles; {len(rows)} are held.")
        move = labels.moves(history.path, rows, self.horizon)
        unit = history.horizon_volatility(rows, self.horizon)
        spread = np.quantile((move - self._point(history, rows)) / unit, LEVELS).tolist()
        self.learnt = Learnt(self.name, self.horizon, self.options.share, spread)

    def predict(self, history, rows):
        unit = history.horizon_volatility(rows, self.horizon)
        moves = self._point(history, rows)[:, None] + unit[:, None] * np.array(self.learnt.spread)
        last = history.path.close[rows]
        up = np.where(moves[:, 2] > 0, 0.6, 0.4)
        return Distribution(last, last[:, None] * np.exp(np.sort(moves, axis=1)), up)

    def _point(self, history, rows):
        close = history.path.close
        return self.options.share * np.log(close[rows] / close[rows - 1])

    def describe(self):
        return msgspec.to_builtins(self.learnt)

    def to_files(self):
        return {FILE: msgspec.json.encode(self.learnt)}

    @classmethod
    def from_files(cls, files):
        learnt = msgspec.json.decode(files[FILE], type=Learnt)
        model = cls(learnt.horizon, 0, {"share": learnt.share})
        model.learnt = learnt
        return model
"""

USE = """
import json
import sys
from pathlib import Path

import numpy as np

from core.errors import InvalidRequest
from core.models import known_models
from ml.evaluation.train_challenger import Champion, Recipe, evaluate, train_challenger
from ml.features.history import make_history
from ml.models.registry import load_model, make_model, save_model
from tests.unit.ml.models.boosting.made_candles import autoregressive, make_candles

frame = make_candles(autoregressive(3_000, 1, coefficient=0.3))
recipe = Recipe("toy_momentum", 1, 0, {"share": 0.3})
done = train_challenger(frame, 300, recipe, None, folds=2)
weak = Recipe("toy_momentum", 1, 0, {"share": -0.3})
beaten = train_challenger(
    frame, 300, weak, Champion(done.model, recipe, done.trained_until), folds=2
)
folder = Path(sys.argv[1])
save_model(done.model, folder)
loaded = load_model(folder)
history, rows = make_history(frame, 300), np.arange(2_000, 2_100)
refusals = []
for options in ({"share": "much"}, {"shares": 1}):
    try:
        make_model("toy_momentum", 1, 0, options)
    except InvalidRequest as error:
        refusals.append(error.detail)
ours, theirs = (model.predict(history, rows).quantiles for model in (done.model, loaded))
print(json.dumps({
    "known": known_models(),
    "promoted": [done.promoted, beaten.promoted],
    "verdict": done.result["verdict"],
    "fold": done.result["folds"][0]["model"]["name"],
    "evaluated": evaluate(frame, 300, recipe, folds=2)["verdict"],
    "class": type(loaded).__module__,
    "same": bool(np.array_equal(ours, theirs)),
    "refusals": refusals,
}))
"""


@pytest.fixture
def used(tmp_path: Path) -> dict[str, Any]:
    """What a process in whose environment the package is installed made of it."""
    site, folder = tmp_path / "site", tmp_path / "model"
    information = site / "toy_models-1.0.dist-info"
    information.mkdir(parents=True)
    folder.mkdir()
    (site / "toy_models.py").write_text(MODEL)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-models\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[tickcast.models]\ntoy_momentum = toy_models:Momentum\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", USE, str(folder)],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_model_of_another_package_is_trained_judged_saved_and_loaded(
    used: dict[str, Any],
) -> None:
    assert used["known"][-1] == "toy_momentum"
    assert used["promoted"] == [True, False]
    assert used["verdict"] == used["evaluated"] == "skilled"
    assert used["fold"] == "toy_momentum"
    assert (used["class"], used["same"]) == ("toy_models", True)
    assert "share" in used["refusals"][0]
    assert "shares" in used["refusals"][1]
