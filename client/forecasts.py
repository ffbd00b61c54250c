"""Forecasts as the server gives them, with frames and plain words."""

from datetime import datetime
from typing import Any

import msgspec
import pandas as pd

from client.notebook import draw_forecast, forecast_html

# Two-sided bounds by their coverage: {"0.8": (low, high), "0.95": (low, high)}.
Interval = dict[str, tuple[float, float]]

SHOWN_AS_NONE = 5e-5  # a skill that shows as 0.00%

_VERDICTS = {
    "skilled": "it forecasts better than last price",
    "unproven": "the data cannot tell it from last price; treat last price as the forecast",
    "negligible": "it forecasts better than last price by too little to matter",
    "no_skill": "it forecasts no better than last price; do not act on it",
}


class Skill(msgspec.Struct, frozen=True):
    """Skill against last price, 1 - MAE / MAE of last price, with its 95% interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = "unproven"

    def __str__(self) -> str:
        return verdict_sentence(self.verdict, self.value, self.low, self.high)


class Step(msgspec.Struct, frozen=True):
    """The forecast close of the candle that opens at `time`, `horizon` candles ahead."""

    time: datetime
    horizon: int
    predicted: float
    interval: Interval


class _Origin(msgspec.Struct, frozen=True, kw_only=True):
    baseline: dict[str, Any]
    skill: Skill
    model: dict[str, Any]
    input: dict[str, Any]
    as_of: datetime | None = None
    age: int | None = None
    stale: bool = False

    @property
    def last_price(self) -> float:
        """Close of the newest candle that the forecast has seen."""
        return float(self.baseline["last_price"])

    @property
    def steps(self) -> list[Step]:
        """The forecasts, nearest first."""
        raise NotImplementedError

    @property
    def frame(self) -> pd.DataFrame:
        """The forecasts as a frame, a row a step; see `steps_frame`."""
        return steps_frame(self.steps)

    def plot(self, ax: Any = None) -> Any:
        """Draw the forecast with its intervals beside last price, on axes of matplotlib.

        Returns the axes. Raises `ImportError` where matplotlib is not installed.
        """
        name = f"{self.model.get('name')} {self.model.get('id')}"
        title = f"{name} (stale, as of {self.as_of:%Y-%m-%d %H:%M})" if self.warning else name
        return draw_forecast(self.frame, self.last_price, title, ax)

    def _repr_html_(self) -> str:
        return forecast_html(self.frame, [str(self.skill), self.warning])

    @property
    def warning(self) -> str | None:
        """Say that the forecast is of the past, where newer candles should have come."""
        return stale_sentence(self.stale, self.as_of)


class Forecast(_Origin, frozen=True, kw_only=True):
    """A forecast of the next candle's close, in quote currency.

    A notebook shows it as a table with its verdict; `plot` draws it.
    """

    time: datetime
    horizon: int
    predicted: float
    interval: Interval

    @property
    def steps(self) -> list[Step]:
        """The forecast as the only step of its path."""
        return [Step(self.time, self.horizon, self.predicted, self.interval)]


class PathForecast(_Origin, frozen=True, kw_only=True):
    """Forecasts of the next n candles' closes, in quote currency."""

    predictions: list[Step]

    @property
    def steps(self) -> list[Step]:
        """The forecasts, nearest first."""
        return self.predictions


class HorizonForecast(msgspec.Struct, frozen=True, kw_only=True):
    """The close of one candle: what a model says of it, last price beside it, and the verdict."""

    horizon: int
    time: datetime
    predicted: float
    interval: Interval
    prob_up: float
    baseline: dict[str, Any]
    skill: Skill
    verdict: str
    spoken_by: dict[str, Any]


class SeriesForecast(msgspec.Struct, frozen=True, kw_only=True):
    """Forecasts of a series from its newest finished candle, a horizon each.

    `as_of` is when that candle closed, `age` how long ago (s); `stale` says that newer ones
    lack by the series' own sessions, `closed` that its market is closed now.
    """

    platform: str
    symbol: str
    resolution: int
    model: str
    forecasts: list[HorizonForecast]
    verdict: str
    skill: Skill
    as_of: datetime | None
    age: int | None
    stale: bool
    closed: bool
    thin: bool

    @property
    def frame(self) -> pd.DataFrame:
        """A row per horizon by its candle's opening: predicted, low_80, ..., verdict."""
        frame = steps_frame(
            [Step(one.time, one.horizon, one.predicted, one.interval) for one in self.forecasts]
        )
        frame["prob_up"] = [one.prob_up for one in self.forecasts]
        frame["last_price"] = [one.baseline["last_price"] for one in self.forecasts]
        frame["skill"] = [one.skill.value for one in self.forecasts]
        frame["verdict"] = [one.verdict for one in self.forecasts]
        return frame

    def plot(self, ax: Any = None) -> Any:
        """Draw points, both intervals and last price; returns matplotlib's axes, made if not given.

        Raises `ImportError` where matplotlib is not installed.
        """
        title = f"{self.platform}:{self.symbol}, {self.verdict}{', stale' * self.stale}"
        last_price = float(self.forecasts[0].baseline["last_price"])
        return draw_forecast(self.frame, last_price, title, ax)

    def _repr_html_(self) -> str:
        said = f"{self.platform}:{self.symbol} by {self.model}, as of {self.as_of}."
        return forecast_html(self.frame, [said, str(self.skill), self.warning])

    @property
    def warning(self) -> str | None:
        """Say that the forecast is of the past, where newer candles should have come."""
        return stale_sentence(self.stale, self.as_of)


def stale_sentence(stale: bool, as_of: datetime | None) -> str | None:
    """Say of a forecast that it is of the past, where newer candles should have come."""
    if not stale or as_of is None:
        return None
    return (
        f"Stale: the newest finished candle closed at {as_of:%Y-%m-%d %H:%M} UTC, and "
        "newer ones should have come since. This is a forecast of what is past by now."
    )


def steps_frame(steps: list[Step]) -> pd.DataFrame:
    """Return a row per candle by its opening time: horizon, predicted, low_80, high_80, ..."""
    times = pd.DatetimeIndex([step.time for step in steps], name="time").as_unit("s")
    return pd.DataFrame([_row(step) for step in steps], index=times)


def _row(step: Step) -> dict[str, Any]:
    row: dict[str, Any] = {"horizon": step.horizon, "predicted": step.predicted}
    for coverage, (low, high) in sorted(step.interval.items()):
        percent = f"{float(coverage):.0%}".removesuffix("%")
        row |= {f"low_{percent}": low, f"high_{percent}": high}
    return row


def horizon_frame(result: dict[str, Any]) -> pd.DataFrame:
    """Return a training's walk-forward errors by horizon, beside last price's.

    `result` is that of a training task. Columns: mae and last_price_mae in quote
    currency, ratio of the two, skill with low and high, coverage_80, coverage_95
    (share of outcomes inside the interval), verdict.
    """
    return pd.DataFrame(map(horizon_scores, result["by_horizon"])).set_index("horizon")


def horizon_scores(step: dict[str, Any]) -> dict[str, Any]:
    """Return one entry of `by_horizon` as a row of `horizon_frame`."""
    scores, baseline = step["scores"], step["baseline_scores"]
    skill, coverage = scores["skill"], scores.get("coverage") or {}
    return {
        "horizon": step["horizon"],
        "mae": scores["mae"],
        "last_price_mae": baseline["mae"],
        "ratio": scores["mae"] / baseline["mae"] if baseline["mae"] else float("nan"),
        "skill": skill["value"],
        "low": skill["low"],
        "high": skill["high"],
        "coverage_80": coverage.get("0.8"),
        "coverage_95": coverage.get("0.95"),
        "verdict": step["verdict"],
    }


def only_last_price(forecast: Forecast | PathForecast) -> bool:
    """Return whether a forecast is last price at every step, to a millionth."""
    last = forecast.last_price
    return all(abs(step.predicted - last) <= 1e-6 * abs(last) for step in forecast.steps)


def verdict_sentence(
    verdict: str, value: float | None, low: float | None, high: float | None
) -> str:
    """Return a verdict in plain words, with the figures that it rests on."""
    meaning = _VERDICTS.get(verdict, verdict)
    if value is None:
        return f"{meaning[0].upper()}{meaning[1:]}."
    span = f", 95% interval {low:+.2%} to {high:+.2%}" if None not in (low, high) else ""
    return (
        f"Out of sample its errors were {_compared(value)} last price's "
        f"(skill {value:+.2%}{span}): {meaning}."
    )


def _compared(skill: float) -> str:
    if abs(skill) < SHOWN_AS_NONE:
        return "as large as"
    return f"{abs(skill):.2%} {'smaller' if skill > 0 else 'larger'} than"
