"""Nobody is called skilled on noise, and planted edges are found: `make campaign`.

NOISE_SERIES says how many series each rule is tried on (100 take hours), NOISE_SEED which
seed is the first.
"""

import os

import pytest

from ml.evaluation.train_challenger import Recipe, evaluate
from tests.campaign.made_markets import HOUR, NOISE, RESOLUTION, make_market

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]

SERIES = int(os.environ.get("NOISE_SERIES", "5"))
FIRST_SEED = int(os.environ.get("NOISE_SEED", "0"))
CANDLES = 6_000
MODELS = {"close": "boosting", "range": "path_range", "signal": "barrier_signals"}
HORIZONS = (6, 72)
# Where volatility clusters, skill in ranges is real.
UNFORESEEN = [
    *((market, kind, h) for market in NOISE for kind in ("close", "signal") for h in HORIZONS),
    *((market, "range", h) for market in ("walk", "student") for h in HORIZONS),
]
# Asked for is what they find who know the truth. Among 6,000 quarter hours six weekends are judged:
# with the true jump for a forecast, the close is called skilled in 52 of 60 series one candle
# ahead and in 47 six ahead; with the true drift of AR(0.2), six ahead in 26 of 60. Who knows when
# a breakout's drift ends finds it by signals in 16 of 16, at twice the skill that is learnt.
PLANTED = [
    ("autoregressive", "close", 1, RESOLUTION),
    ("breakout", "close", 6, RESOLUTION),
    ("breakout", "signal", 6, RESOLUTION),
    ("weekend_gap", "close", 1, HOUR),
    ("weekend_gap", "close", 6, HOUR),
    ("weekend_gap", "range", 6, HOUR),
]
AT_MOST, AT_LEAST = 0.05, 0.95


def _skilled(market: str, kind: str, horizon: int, resolution: int = RESOLUTION) -> int:
    """Return how many series the walk-forward calls skilled, and print each verdict."""
    found = 0
    for seed in range(FIRST_SEED, FIRST_SEED + SERIES):
        frame = make_market(market, seed, CANDLES, resolution)
        result = evaluate(frame, resolution, Recipe(MODELS[kind], horizon, seed=seed))
        scores = result["scores"]
        skill = scores["direction"]["skill"] if kind == "signal" else scores["skill"]
        found += result["verdict"] == "skilled"
        print(
            f"\n  {market} {kind} {horizon} ahead, seed {seed}: {result['verdict']}, skill "
            f"{skill['value']:+.4f} ({skill['low']:+.4f} to {skill['high']:+.4f})",
            end="",
            flush=True,
        )
    print(f"\n  {market} {kind} {horizon} ahead: skilled in {found} of {SERIES}")
    return found


@pytest.mark.parametrize(("market", "kind", "horizon"), UNFORESEEN)
def test_on_noise_at_most_one_in_twenty_is_called_skilled(
    market: str, kind: str, horizon: int
) -> None:
    assert _skilled(market, kind, horizon) <= max(AT_MOST * SERIES, 1)


@pytest.mark.parametrize(("market", "kind", "horizon", "resolution"), PLANTED)
def test_planted_edges_are_found(market: str, kind: str, horizon: int, resolution: int) -> None:
    assert _skilled(market, kind, horizon, resolution) >= AT_LEAST * SERIES - 1
