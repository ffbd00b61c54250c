"""Candles prepared by the closures of their market, as all who judge its freshness know them."""

from typing import TYPE_CHECKING

from core.series import Series
from storage.stores import Stores

if TYPE_CHECKING:
    import pandas as pd

    from ml.features.history import History


def market_history(stores: Stores, series: Series, frame: "pd.DataFrame") -> "History":
    """Return the finished candles of a frame, with the closures of their market.

    A piece of a series shows no closures by itself: phases must not begin anew after each
    weekend in a short piece, and go on in a long one.
    """
    # TA-Lib and pandas come in with this import.
    from ml.data.candle_frames import finished
    from ml.features.history import History

    whole = finished(frame)
    newest = int(whole["time"].iloc[-1]) if len(whole) else 0
    return History(whole, stores.freshness.sessions(series, newest))
