"""The one table of models: what each forecasts, where its class is, what it takes to learn.

A new model of ours is a file below `ml/models` and a line here. Another package
brings one under an entry point of the group `tickcast.models`: its name there is
the model's, and what it forecasts is the close.
"""

from functools import cache
from importlib.metadata import entry_points

import msgspec

from core.errors import InvalidRequest, NotFound
from core.jobs import Json
from core.lstm_limits import windows_needed
from core.names import NAME_LENGTH, check_name
from core.risk_reward import USUAL, RiskReward, is_rr_config, parse_rr_config

# What is forecast of the candles up to the horizon: the close of the last one, the highest and
# lowest price of all, which of two exits comes first, or every price of the next candle.
CLOSE, RANGE, SIGNAL, NEXT_CANDLE = "close", "range", "signal", "next_candle"
KINDS = (CLOSE, RANGE, SIGNAL, NEXT_CANDLE)
# A forecaster outside this server is the model `external.NAME`; what it forecasts is the close.
EXTERNAL = "external."
FORECASTER_LENGTH = NAME_LENGTH - len(EXTERNAL)
ENTRY_POINTS = "tickcast.models"

# Candles after a gap from which no forecast can be made yet: features warm up.
WARM_UP = 50
# Candles kept free between what is learnt and what is tested.
EMBARGO = 1


class ModelFacts(msgspec.Struct, frozen=True):
    """What is known of a model before its code is loaded.

    `place` is its class, as `module:name`. It learns from `least_rows` and
    `rows_a_step` more for each candle of its horizon, at least. `options` are those that
    its name tells.
    """

    name: str
    kind: str
    place: str
    least_rows: int
    rows_a_step: int = 0
    options: Json = msgspec.field(default_factory=dict)

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
    ModelFacts("garch", CLOSE, f"{_BASELINE}:GarchIntervals", 50),
    ModelFacts("ewma_or_garch", CLOSE, f"{_BASELINE}:EwmaOrGarch", 50),
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
    found = _line(name)
    if found is None:
        raise unknown_model(None)
    return found


def is_model(name: str, kind: str | None) -> bool:
    """Say whether there is a model of this name, and of this kind if one is given."""
    found = _line(name)
    return found is not None and kind in (None, found.kind)


def _line(name: str) -> ModelFacts | None:
    return _table().get(name) or _with_exits(name)


def unknown_model(kind: str | None) -> NotFound:
    """Return the error that names the models there are, of a kind or of all."""
    return NotFound(f"model must be one of {', '.join(known_models(kind))}.")


def _with_exits(name: str) -> ModelFacts | None:
    """Return the line of a model of signals whose name tells its exits."""
    family, _, exits = name.partition(".")
    facts = _table().get(family)
    if facts is None or facts.kind != SIGNAL or not is_rr_config(exits):
        return None
    if parse_rr_config(exits) == USUAL:  # it has one name only, the plain one
        return None
    return msgspec.structs.replace(facts, name=name, options={"rr_config": exits})


def name_with_exits(family: str, exits: RiskReward) -> str:
    """Return the name of a model of signals with such exits; the usual ones are left out."""
    return family if exits == USUAL else f"{family}.{exits.name}"


def exits_of(model: str) -> RiskReward:
    """Return the exits that the name of a model of signals tells."""
    _, _, exits = model.partition(".")
    return parse_rr_config(exits) if exits else USUAL


def kind_of_model(name: str) -> str:
    """Return what a model forecasts; raises `NotFound`."""
    return CLOSE if is_external(name) else model_facts(name).kind


def is_external(name: str) -> bool:
    """Say whether a model is a forecaster outside this server."""
    return name.startswith(EXTERNAL)


def external_model(forecaster: str) -> str:
    """Return the model as which the ledger holds a forecaster.

    Raises `InvalidRequest` for a name that no model may have, or that one of ours has.
    """
    if forecaster in known_models():
        raise InvalidRequest(
            f"forecaster: {forecaster} is a model of this server's; choose another name.",
            field="forecaster",
        )
    if len(check_name(forecaster, "forecaster")) > FORECASTER_LENGTH:
        raise InvalidRequest(
            f"forecaster must have at most {FORECASTER_LENGTH} characters.", field="forecaster"
        )
    return EXTERNAL + forecaster


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
