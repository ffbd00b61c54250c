"""How forecasts and tasks look in a notebook: a table with its meaning, a picture."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd


def forecast_html(frame: pd.DataFrame, sentences: Sequence[str | None]) -> str:
    """Return a forecast as a table, and below it what it is worth."""
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences if sentence)
    return f"{frame.to_html(float_format='{:,.6g}'.format)}{said}"


def facts_html(title: str, pairs: Mapping[str, Any]) -> str:
    """Return names and values as a table; those that are None are left out."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in pairs.items()
        if value is not None
    )
    return f"<table><caption>{escape(title)}</caption>{rows}</table>"


def draw_forecast(frame: pd.DataFrame, last_price: float, title: str, axes: Any = None) -> Any:
    """Draw closes with their intervals beside last price; return the axes of matplotlib.

    `frame` has a row a step: predicted, low_80, high_80, ... Raises `ImportError` where
    matplotlib is not installed.
    """
    if axes is None:
        import matplotlib.pyplot as plt

        axes = plt.subplots()[1]
    # A path of one step is drawn as a point.
    is_point = len(frame) == 1
    coverages = [str(name).removeprefix("low_") for name in frame if str(name).startswith("low_")]
    for coverage in reversed(coverages):
        low, high = frame[f"low_{coverage}"], frame[f"high_{coverage}"]
        draw, shade = (axes.vlines, 0.4) if is_point else (axes.fill_between, 0.2)
        draw(frame.index, low, high, alpha=shade, label=f"{coverage}% interval")
    axes.plot(frame.index, frame["predicted"], marker="o" if is_point else None, label="forecast")
    axes.axhline(last_price, linestyle="--", linewidth=1, color="gray", label="last price")
    axes.set_title(title)
    axes.legend()
    return axes
