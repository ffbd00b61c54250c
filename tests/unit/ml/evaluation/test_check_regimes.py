"""The published check of regimes."""

import pytest

from core.errors import InvalidRequest
from ml.evaluation.check_regimes import check_regimes
from tests.unit.ml.models.boosting.made_candles import changing_volatility, make_candles, noise


def test_volatility_that_lasts_is_foretold_and_direction_is_not():
    found = check_regimes(make_candles(changing_volatility(8_000, 0)), 300, horizon=6)
    assert found["volatility"]["size"]["predicts"]
    assert not found["volatility"]["direction"]["predicts"]
    assert not found["trend"]["direction"]["predicts"]
    assert set(found["trend"]["size"]["groups"]) == {"trend_up", "trend_down", "range"}


def test_nothing_is_foretold_on_noise():
    for seed in range(4):
        found = check_regimes(make_candles(noise(4_000, seed)), 300, horizon=1, seed=seed)
        checks = [found[name][asked] for name in ("volatility", "trend") for asked in found[name]]
        assert not any(check["predicts"] for check in checks)


def test_a_short_history_is_refused():
    with pytest.raises(InvalidRequest, match="at least"):
        check_regimes(make_candles(noise(900, 0)), 300, horizon=1)
