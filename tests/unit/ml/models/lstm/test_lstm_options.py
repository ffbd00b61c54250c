"""Options out of range are refused in a sentence that names them."""

import msgspec
import pytest

from core.errors import InvalidRequest
from ml.models.lstm.options import LstmOptions, candles_needed


def test_a_request_becomes_options() -> None:
    options = msgspec.convert(
        {"seq_len": 60, "nsteps": 24, "quantiles": [0.1, 0.5, 0.9]}, LstmOptions
    )

    assert options.quantiles == (0.1, 0.5, 0.9)
    assert options.normalization == "returns"
    assert candles_needed(options) == 60 + 1 + 24 + 2 * (80 + 2 * 50 + 3 * 25)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq_len", 7),
        ("seq_len", 513),
        ("nsteps", 0),
        ("nsteps", 721),
        ("units", 257),
        ("epochs", 0),
        ("folds", 1),
        ("normalization", "log"),
        ("quantiles", (0.1, 0.9)),
        ("quantiles", (0.1, 0.5, 0.8)),
        ("quantiles", (0.9, 0.5, 0.1)),
    ],
)
def test_a_value_out_of_range_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidRequest, match=field):
        LstmOptions(**{"seq_len": 60, field: value})  # type: ignore[arg-type]
