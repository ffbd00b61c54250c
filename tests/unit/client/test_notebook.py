"""What a notebook shows of the client's answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import matplotlib as mpl
import msgspec
import pytest

from client import Tickcast
from client.forecasts import PathForecast, SeriesForecast, Skill, Step
from client.tasks import Task
from core.jobs import JobState, Progress

T0 = datetime(2025, 1, 1, tzinfo=UTC)


def path(**more: Any) -> PathForecast:
    steps = [
        Step(T0 + timedelta(hours=n), n + 1, 1.1, {"0.8": (1.0, 1.2), "0.95": (0.9, 1.3)})
        for n in range(3)
    ]
    told = {"baseline": {"last_price": 1.05}, "skill": Skill(), "input": {}}
    return PathForecast(predictions=steps, model={"name": "fx", "id": "1"}, **told, **more)


def test_a_stale_forecast_says_in_a_notebook_that_it_is_of_the_past() -> None:
    fresh, stale = path(as_of=T0, age=60), path(as_of=T0, age=10**7, stale=True)
    assert fresh.warning is None
    assert "2025-01-01 00:00 UTC" in str(stale.warning)
    assert "Stale" not in fresh._repr_html_()
    assert "Stale" in stale._repr_html_()
    assert "<table" in stale._repr_html_()


def test_a_forecast_is_drawn_with_its_intervals_beside_last_price() -> None:
    mpl.use("Agg")
    axes = path(as_of=T0, age=10**7, stale=True).plot()
    labels = {text.get_text() for text in axes.get_legend().get_texts()}
    assert labels == {"80% interval", "95% interval", "forecast", "last price"}
    assert "stale, as of 2025-01-01" in axes.get_title()


def test_forecasts_of_a_series_look_as_others_do() -> None:
    skill = {"value": 0.01, "low": -0.01, "high": 0.03, "verdict": "unproven"}
    one = {
        "time": T0, "predicted": 101.0, "interval": {"0.8": (99, 103), "0.95": (97, 105)},
        "prob_up": 0.6, "baseline": {"last_price": 100.0}, "skill": skill, "verdict": "unproven",
        "spoken_by": {},
    }  # fmt: skip
    told = {
        "platform": "file", "symbol": "<B>", "resolution": 3_600, "model": "boosting",
        "forecasts": [one | {"horizon": 1}, one | {"horizon": 2, "time": T0 + timedelta(hours=1)}],
        "verdict": "unproven", "skill": skill, "as_of": T0, "age": 10**7, "stale": True,
        "closed": False, "thin": False,
    }  # fmt: skip
    made = msgspec.convert(told, SeriesForecast)

    mpl.use("Agg")
    shown, axes = made._repr_html_(), made.plot()

    assert "Stale: the newest finished candle" in shown
    assert "&lt;B&gt;" in shown
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "95% interval", "80% interval", "forecast", "last price",
    ]  # fmt: skip


def test_a_task_is_a_table_without_markup_of_others() -> None:
    task = Task("t1", "fetch_candles", JobState.RUNNING, Progress(1, 2, "candles", "<b>x</b>"))
    shown = task._repr_html_()
    assert "1 of 2 candles" in shown
    assert "<b>x</b>" not in shown


def test_empty_frames_have_their_columns(server: Any, tickcast: Tickcast) -> None:
    server.answers("GET", "/ledger", server.answer({"rows": [], "next_cursor": None}))
    empty = {"points": [], "next_cursor": None}
    server.answers("GET", "/series/cached", server.answer(empty))
    server.answers("GET", "/futures", server.answer(empty))

    ledger, series, futures = (
        tickcast.ledger(), tickcast.next_candle_series(), tickcast.futures(),
    )  # fmt: skip

    for frame, names in (
        (ledger, {"predicted", "low_80", "realised", "hash"}),
        (series, {"close", "close_next", "prob_up", "close_signed", "in_sample"}),
        (futures, {"pred_close", "real_close", "err_close", "made_at"}),
    ):
        assert len(frame) == 0
        assert names <= set(frame.columns)
        assert str(frame.index.tz) == "UTC"


def test_a_misspelt_keyword_is_refused_here(tickcast: Tickcast) -> None:
    with pytest.raises(TypeError, match="horizn"):
        tickcast.evaluate("BTC-USD", "1h", horizn=3)  # type: ignore[call-arg]
