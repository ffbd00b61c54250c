"""The last minute, told from totals."""

import pytest

from api.http.request_metrics import RequestMetrics, RequestRates, Totals
from api.http.routes import Route, Routes


def test_rates_are_of_the_last_minute_only() -> None:
    now = [0.0]
    rates = RequestRates(RequestMetrics(Routes()), clock=lambda: now[0])
    for second in range(0, 301, 5):
        now[0] = float(second)
        # 2 requests a second of 10 ms each; after 200 s none at all.
        requests = 2 * min(second, 200)
        totals = Totals(requests, requests // 4, requests * 0.01)
        rates.note(totals)
        found = rates.since_first(totals)
        if second in (10, 30):
            assert found.requests == requests
        if 60 <= second <= 200:
            assert found == pytest.approx((120, 10.0, 25.0))
        if second >= 260:
            assert found == (0, 0, 0)


def test_before_the_first_sample_there_are_no_rates() -> None:
    assert RequestRates(RequestMetrics(Routes())).since_first(Totals(0, 0, 0.0)) == (0, 0, 0)


def test_totals_are_the_sums_over_all_routes_and_health_s_own_503_is_no_error() -> None:
    routes = Routes()
    routes.add(Route("/health", health=True))
    metrics = RequestMetrics(routes)
    metrics.count("GET", "/tasks", 200, 0.25)
    metrics.count("GET", "/tasks", 500, 0.5)
    metrics.count("GET", "/health", 503, 0.25)
    assert metrics.totals() == Totals(3, 1, 1.0)
