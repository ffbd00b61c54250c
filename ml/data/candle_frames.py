"""Candles as a frame: what may be learnt from, and its fingerprint.

A frame has columns `time` (opening, whole seconds UTC, ascending, unique),
`open`, `high`, `low`, `close`, `volume` and, where known, `flags` (bits of
`core.series.CandleFlag`). `frame.attrs` hold `zone`, the market's clock where it was
named, and `grid`, when its candles open (`core.clock.grids.Grid`).
"""

import hashlib

import numpy as np
import pandas as pd

from core.series import CandleFlag

_HASHED = ("time", "open", "high", "low", "close", "volume")


def is_partial(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each candle whether it was unfinished when stored."""
    if "flags" not in frame:
        return pd.Series(False, index=frame.index)
    return (frame["flags"].astype(np.int64) & int(CandleFlag.PARTIAL)) != 0


def finished(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the finished candles, numbered from 0."""
    return frame[~is_partial(frame)].reset_index(drop=True)


def data_hash(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of times and values, columns one after another, little-endian."""
    digest = hashlib.sha256()
    for name in _HASHED:
        kind = "<i8" if name == "time" else "<f8"
        digest.update(np.ascontiguousarray(frame[name].to_numpy(), dtype=kind).tobytes())
    return digest.hexdigest()
