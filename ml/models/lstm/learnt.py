"""What a fitted LSTM consists of besides its network, as `model.json` holds it."""

from typing import Any

import msgspec

from core.clock.times import parse_time
from ml.models.boosting.classifiers import CalibratedProbability
from ml.models.lstm.adjustment import Adjustment
from ml.models.lstm.options import LstmOptions
from ml.models.lstm.origin_inputs import OriginInputs
from ml.models.lstm.step_widths import StepWidths
from ml.models.lstm.units import MoveUnits
from ml.models.lstm.windows import LevelScaler
from ml.scoring.conformal import Widths

NAME = "lstm"


class LearntLstm(msgspec.Struct, frozen=True):
    """All that a fitted model consists of, but for the network.

    `direction` and `widths` are there where the last step alone is forecast, and
    `step_widths` where every step is. Files of earlier versions have neither those nor
    `units` and `origin`.
    `losses` are those of the validation part before and after each epoch, of which
    `best` was kept; `mean_return` is that of all candles.
    """

    name: str
    horizon: int
    seed: int
    options: LstmOptions
    sessions: dict[str, Any]
    trained_until: int
    rows: int
    scaler: LevelScaler | None
    adjustment: Adjustment
    direction: CalibratedProbability | None = None
    widths: Widths = {}
    step_widths: StepWidths | None = None
    units: MoveUnits | None = None
    origin: OriginInputs | None = None
    every_step: bool = False
    losses: list[float] = []
    best: int = 0
    mean_return: float = 0.0


class OlderMetadata(msgspec.Struct, frozen=True, rename={"kept": "shrink", "shifts": "conformal"}):
    """`model.json` of LSTMs with a name as they were written until November 2026 (format 1)."""

    nsteps: int
    seq_len: int
    quantiles: tuple[float, ...]
    sessions: dict[str, Any]
    normalization: "_Normalization"
    kept: list[float]
    shifts: list[list[float]]
    drift: float
    options: LstmOptions | None = None
    windows: int = 0
    last_time: str | None = None
    losses: list[float] = []
    epochs: int = 0

    def learnt(self) -> LearntLstm:
        """Return the same in the form of today."""
        options = self.options or LstmOptions(self.seq_len, self.nsteps, quantiles=self.quantiles)
        last = parse_time(self.last_time, "last_time") // 1_000 if self.last_time else 0
        return LearntLstm(
            name=NAME,
            horizon=self.nsteps,
            seed=options.seed,
            options=options,
            sessions=self.sessions,
            trained_until=last,
            rows=self.windows,
            scaler=self.normalization.scaler,
            adjustment=Adjustment(self.kept, self.shifts),
            every_step=True,
            losses=self.losses,
            best=self.epochs,
            mean_return=self.drift,
        )


class _Normalization(msgspec.Struct, frozen=True):
    scaler: LevelScaler | None


class _Form(msgspec.Struct, frozen=True):
    format: int = 0


def read_learnt(text: bytes) -> LearntLstm:
    """Read `model.json`, today's or an older one."""
    if msgspec.json.decode(text, type=_Form).format:
        return msgspec.json.decode(text, type=OlderMetadata).learnt()
    return msgspec.json.decode(text, type=LearntLstm)
