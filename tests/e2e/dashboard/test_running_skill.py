"""What the page computes by itself equals what the server would say."""

from typing import Any

import numpy as np
import pytest
import talib
from playwright.sync_api import Page

from ml.scoring.confidence import skill_sequence

COMPUTE = """async ([losses, baseline, horizon]) => {
    const { runningSkill } = await import("/app/static/charts/running_skill.js");
    const told = runningSkill(losses, baseline, horizon);
    return told.map(({ low, high }) => [low ?? null, high ?? null]);
}"""


@pytest.mark.parametrize("horizon", [1, 6])
def test_running_intervals_of_skill_are_those_of_the_server(page: Page, horizon: int) -> None:
    drawn = np.random.default_rng(horizon)
    baseline = np.abs(drawn.normal(size=700))
    losses = np.abs(baseline + drawn.normal(scale=0.3, size=700) - 0.05)
    low, high = skill_sequence(losses, baseline, horizon)

    told = page.evaluate(COMPUTE, [losses.tolist(), baseline.tolist(), horizon])

    shown = np.array(told, dtype=float)
    np.testing.assert_allclose(shown[:, 0], low, rtol=1e-9)
    np.testing.assert_allclose(shown[:, 1], high, rtol=1e-9)


STUDIES = """async (closes) => {
    const found = await import("/app/static/charts/indicators.js");
    const { line, signal } = found.macd(closes);
    const { upper, lower } = found.bollinger(closes);
    const all = { sma: found.sma(closes, 20), ema: found.ema(closes, 26), rsi: found.rsi(closes),
        line, signal, upper, lower };
    return Object.fromEntries(
        Object.entries(all).map(([name, values]) => [name, values.map((one) => one ?? null)]));
}"""


def test_indicators_on_the_chart_are_those_of_ta_lib(page: Page) -> None:
    library: Any = talib
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.01, 300)))
    upper, _, lower = library.BBANDS(closes, 20)
    line, signal, _ = library.MACD(closes)
    expected = {"sma": library.SMA(closes, 20), "ema": library.EMA(closes, 26),
                "rsi": library.RSI(closes, 14), "line": line, "signal": signal,
                "upper": upper, "lower": lower}  # fmt: skip
    told = page.evaluate(STUDIES, closes.tolist())
    for name, values in expected.items():
        np.testing.assert_allclose(np.array(told[name], float), values, rtol=1e-9, err_msg=name)
