"""How fast the page draws what people look at."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import PLACE

# From rows in hand to the frame that shows them, as the market page draws them.
DRAW = """async (number) => {
    const { MarketChart } = await import("/app/static/charts/market_chart.js");
    const rows = [], forecasts = [];
    for (let i = 0, price = 100; i < number; i++) {
        const open = price;
        price *= 1 + 0.002 * Math.sin(i * i);
        const time = 1_700_000_000 + 300 * i;
        rows.push({time, open, high: Math.max(open, price) * 1.001, close: price,
            low: Math.min(open, price) * 0.999, volume: i % 97,
            flags: i % 50 ? [] : ["gap", "revised"]});
        forecasts.push({time, value: open, low80: open * 0.998, high80: open * 1.002,
            low95: open * 0.996, high95: open * 1.004});
    }
    const element = document.createElement("div");
    element.className = "chart";
    document.querySelector("main").replaceChildren(element);
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    const begun = performance.now();
    const chart = new MarketChart(element, new AbortController().signal, "Candles");
    chart.draw(rows, 300);
    chart.showForecast(forecasts);
    chart.chart.timeScale().fitContent();
    await frame();
    await frame();
    return performance.now() - begun;
}"""


@pytest.mark.slow
def test_25_000_candles_with_forecasts_are_drawn_within_a_second(page: Page) -> None:
    page.evaluate("place => { location.hash = place }", f"#/market{PLACE}")
    expect(page.locator(".quote .price")).to_be_visible()

    # Other tests share the processor: the best of three is what the page needs.
    milliseconds = min(page.evaluate(DRAW, 25_000) for _ in range(3))

    print(f"25,000 candles with forecasts: {milliseconds:.0f} ms")
    assert milliseconds < 1_000
