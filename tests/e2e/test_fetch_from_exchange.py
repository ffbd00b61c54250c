"""Candles fetched from an exchange that fails now and then: each stored once, as it was."""

import httpx

from tests.e2e.conftest import (
    CANDLES,
    FIRST,
    HOUR,
    OUTAGES,
    Row,
    ended_task,
    stored_rows,
)

# ETH-USD is this file's own; other tests fetch BTC-USD into the same server.
PAGE = 300
END = FIRST + HOUR * (CANDLES - 1)


def fetch(http: httpx.Client) -> dict[str, object]:
    asked = {"symbol": "ETH-USD", "resolution": "1h", "start": FIRST, "end": END}
    answer = http.post("/ingest/kline/coinbase", json=asked)
    assert answer.status_code == 202, answer.text
    body = ended_task(http, answer.json()["task_id"])
    assert body["state"] == "succeeded", body
    result = body["result"]
    assert isinstance(result, dict)
    return result


def test_every_candle_of_a_failing_exchange_is_stored_once_and_the_gaps_are_its_outages(
    http: httpx.Client, exchange_rows: list[Row]
) -> None:
    result = fetch(http)

    assert stored_rows(http, "coinbase/ETH-USD/1h") == exchange_rows
    assert (result["fetched"], result["inserted"]) == (len(exchange_rows),) * 2
    assert result["revised"] == 0
    assert CANDLES / PAGE <= result["calls"] <= 1.5 * CANDLES / PAGE + 10  # type: ignore[operator]
    assert len(result["gaps"]) == len(OUTAGES)  # type: ignore[arg-type]

    again = fetch(http)

    assert (again["inserted"], again["revised"]) == (0, 0)
    assert len(stored_rows(http, "coinbase/ETH-USD/1h")) == len(exchange_rows)
