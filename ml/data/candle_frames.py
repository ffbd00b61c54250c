"""Candles as a frame: what may be learnt from, and its fingerprint.

A frame has columns `time` (opening, whole seconds UTC, ascending, unique),
`open`, `high`, `low`, `close`, `volume` and, where known, `flags` (bits of
`core.series.CandleFlag`). `frame.attrs` hold `zone`, the market's clock where it was
named, and `grid`, when its candles open (`core.clock.grids.Grid`). Where only `time` and
`close` are known, as in benchmarks, the other prices are taken for the close.
"""

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from core.series import CandleFlag

# Where no volume is known, every candle has as much.
SAME_VOLUME = 1.0
_HASHED = ("time", "open", "high", "low", "close", "volume")


def is_partial(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each candle whether it was unfinished when stored."""
    if "flags" not in frame:
        return pd.Series(False, index=frame.index)
    flags = frame["flags"].to_numpy(np.int64)
    return pd.Series((flags & int(CandleFlag.PARTIAL)) != 0, index=frame.index)


def finished(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the finished candles, numbered from 0, with every price and a volume."""
    partial, index = is_partial(frame), frame.index
    # A copy takes longer than all that most callers do with it.
    numbered = isinstance(index, pd.RangeIndex) and (index.start, index.step) == (0, 1)
    whole = frame if numbered and not partial.any() else frame[~partial].reset_index(drop=True)
    missing: dict[str, Any] = {
        name: whole["close"] for name in ("open", "high", "low") if name not in whole
    }
    if "volume" not in whole:
        missing["volume"] = SAME_VOLUME
    return whole.assign(**missing) if missing else whole


def data_hash(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of times and values, columns one after another, little-endian."""
    digest = hashlib.sha256()
    for name in _HASHED:
        kind = "<i8" if name == "time" else "<f8"
        digest.update(np.ascontiguousarray(frame[name].to_numpy(), dtype=kind).tobytes())
    return digest.hexdigest()
