"""What one training is asked for."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core import lstm_limits
from core.errors import InvalidRequest
from core.models import WARM_UP
from ml.models.protocol import LEVELS, read_options

# Candles of a window where none are asked for: every candle that is ready has so many behind it.
SEQ_LEN = 48
NORMALIZATIONS = ("returns", "zscore", "minmax")


class LstmOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options of a training; out-of-range ones raise `InvalidRequest` when made.

    `epochs` is a bound: training stops earlier once the validation loss no
    longer falls. `quantiles` ascend, hold 0.5 and lie symmetrically around it.
    `normalization` says how the network sees closes: as log-returns over their
    volatility, or as price levels scaled by the training part's mean and
    deviation or by its range. What it learns is always the coming log-return.
    Of a longer history the newest `max_candles` are used.
    """

    seq_len: int
    nsteps: int = 1
    units: int = 32
    epochs: int = 12
    quantiles: tuple[float, ...] = (0.025, 0.1, 0.5, 0.9, 0.975)
    normalization: str = "returns"
    seed: int = 0
    folds: int = lstm_limits.DEFAULT_FOLDS
    max_candles: int = 50_000

    def __post_init__(self) -> None:
        _check_range("seq_len", self.seq_len, lstm_limits.SEQ_LEN_LIMITS)
        _check_range("nsteps", self.nsteps, (1, lstm_limits.MOST_STEPS))
        _check_range("units", self.units, lstm_limits.UNITS_LIMITS)
        _check_range("epochs", self.epochs, lstm_limits.EPOCHS_LIMITS)
        _check_range("folds", self.folds, lstm_limits.FOLDS_LIMITS)
        lstm_limits.check_quantiles(self.quantiles)
        if self.normalization not in NORMALIZATIONS:
            raise InvalidRequest(f"normalization must be one of {', '.join(NORMALIZATIONS)}.")


def read_lstm_options(asked: Mapping[str, Any], horizon: int, seed: int) -> LstmOptions:
    """Return the options of an LSTM of one horizon; raises `InvalidRequest`.

    With `nsteps`, which must be the horizon, every step is forecast, and windows may
    be longer than features warm up.
    """
    every_step = "nsteps" in asked
    fixed: dict[str, Any] = {"nsteps": horizon, "seed": seed}
    fixed |= {} if every_step else {"quantiles": LEVELS}
    if every_step and asked["nsteps"] != horizon:
        raise InvalidRequest(f"nsteps must be the horizon, {horizon}.")
    options = read_options({"seq_len": SEQ_LEN} | dict(asked) | fixed, LstmOptions)
    if not every_step and options.seq_len > WARM_UP:
        raise InvalidRequest(f"seq_len must be at most {WARM_UP} for a slot.")
    return options


def candles_needed(options: LstmOptions) -> int:
    """Return the least number of finished candles that `options` can be trained on."""
    return lstm_limits.candles_needed(options.seq_len, options.nsteps, options.folds)


def _check_range(name: str, value: int, limits: tuple[int, int]) -> None:
    low, high = limits
    if not low <= value <= high:
        raise InvalidRequest(f"{name} must be from {low} to {high}.")
