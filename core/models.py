"""The one table of models: what each forecasts, where its class is, what it takes to learn.

A new model of ours is a file below `ml/models` and a line here. Another package
brings one under an entry point of the group `tickcast.models`: its name there is
the model's, and what it forecasts is the close.
"""

from functools import cache
from importlib.metadata import entry_points

import msgspec

from core.errors import NotFound
from core.lstm_limits import windows_needed

# What is forecast of the candles up to the horizon: the close of the last one, the highest and
# lowest price of all, which of two exits comes first, or every price of the next candle.
CLOSE, RANGE, SIGNAL, NEXT_CANDLE = "close", "range", "signal", "next_candle"
KINDS = (CLOSE, RANGE, SIGNAL, NEXT_CANDLE)
ENTRY_POINTS = "tickcast.models"

# Candles after a gap from which no forecast can be made yet: features warm up.
WARM_UP = 50
# Candles kept free between what is learnt and what is tested.
EMBARGO = 1


class ModelFacts(msgspec.Struct, frozen=True):
    """What is known of a model before its code is loaded.

    `place` is its class, as `module:name`. It learns from `least_rows` and
    `rows_a_step` more for each candle of its horizon, at least.
    """

    name: str
    kind: str
    place: str
    least_rows: int
    rows_a_step: int = 0

    def rows_needed(self, horizon: int) -> int:
        """Return the least number of rows, each with its features, that one fit takes."""
        return self.least_rows + self.rows_a_step * horizon


_BOOSTING, _BASELINE = "ml.models.boosting", "ml.models.baselines"
_LSTM_ROWS, _LSTM_ROWS_A_STEP = windows_needed(0), windows_needed(1) - windows_needed(0)

MODELS = (
    ModelFacts("boosting", CLOSE, f"{_BOOSTING}.close_model:BoostingModel", 400, 1),
    ModelFacts(
        "lstm", CLOSE, "ml.models.lstm.model:LstmModel", _LSTM_ROWS, _LSTM_ROWS_A_STEP
    ),
    ModelFacts("last_price", CLOSE, f"{_BASELINE}:LastPrice", 50),
    ModelFacts("drift", CLOSE, f"{_BASELINE}:Drift", 50),
    ModelFacts("seasonal_naive", CLOSE, f"{_BASELINE}:SeasonalNaive", 50),
    ModelFacts("ewma", CLOSE, f"{_BASELINE}:Ewma", 50),
    ModelFacts("path_range", RANGE, f"{_BOOSTING}.range_model:PathRangeModel", 400, 1),
    ModelFacts("barrier_signals", SIGNAL, f"{_BOOSTING}.signal_model:BarrierSignalsModel", 400, 1),
    ModelFacts(
        "next_candle", NEXT_CANDLE, f"{_BOOSTING}.next_candle_model:NextCandleModel", 400
    ),
)  # fmt: skip
OURS = frozenset(model.name for model in MODELS)
# Of a model that another package brings, nothing but its place is known.
_BROUGHT_ROWS = 400


@cache
def _table() -> dict[str, ModelFacts]:
    ours = {model.name: model for model in MODELS}
    brought = (
        ModelFacts(entry.name, CLOSE, entry.value, _BROUGHT_ROWS, 1)
        for entry in entry_points(group=ENTRY_POINTS)
    )
    return {model.name: model for model in brought} | ours


def model_facts(name: str) -> ModelFacts:
    """Return the line of a model; raises `NotFound` naming those that exist."""
    try:
        return _table()[name]
    except KeyError:
        raise NotFound(f"model must be one of {', '.join(known_models())}.") from None


def kind_of_model(name: str) -> str:
    """Return what a model forecasts; raises `NotFound`."""
    return model_facts(name).kind


def known_models(kind: str | None = None) -> tuple[str, ...]:
    """Return the names of all models, or of those of a kind; ours first, in the table's order."""
    ours = [model.name for model in MODELS]
    names = (*ours, *sorted(set(_table()) - set(ours)))
    return tuple(name for name in names if kind in (None, _table()[name].kind))


def least_candles(model: str, horizon: int) -> int:
    """Return how many finished candles without gaps are enough for a walk-forward.

    Its first test begins in the middle; labels that overlap it are purged from
    what comes before.
    """
    return WARM_UP + horizon + 2 * (model_facts(model).rows_needed(horizon) + horizon + EMBARGO)


def least_training(model: str, horizon: int) -> int:
    """Return how many finished candles without gaps are enough for one fit."""
    return WARM_UP + horizon + model_facts(model).rows_needed(horizon)
