"""Every kind of forecast, by the model that makes it."""

from collections.abc import Mapping

from core.models import CLOSE, NEXT_CANDLE, RANGE, SIGNAL, kind_of_model
from ml.evaluation.judge_close import CloseKind
from ml.evaluation.judge_next_candle import NextCandleKind
from ml.evaluation.judge_range import RangeKind
from ml.evaluation.judge_signal import SignalKind
from ml.evaluation.kind import Kind

KINDS: Mapping[str, type[Kind]] = {
    CLOSE: CloseKind,
    RANGE: RangeKind,
    SIGNAL: SignalKind,
    NEXT_CANDLE: NextCandleKind,
}


def kind_of(model: str) -> type[Kind]:
    """Return the kind of a model; raises `NotFound` for an unknown name."""
    return KINDS[kind_of_model(model)]
