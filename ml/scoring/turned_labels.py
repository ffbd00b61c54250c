"""Labels turned around the end of a series by every number of rows at once.

A label that lasts makes chance look like knowledge if labels are mixed one by one; turned as a
whole, each keeps how long it lasts and loses what it was about. Sums over all turns are circular
cross-correlations, which a Fourier transform gives in the time of a few turns.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sums_when_turned(labels: NDArray[Any], came: Floats) -> Floats:
    """Return the sum of `np.roll(labels, k) * came` for every k, along the last axis."""
    return np.asarray(
        np.fft.irfft(np.conj(np.fft.rfft(labels)) * np.fft.rfft(came), n=came.shape[-1])
    )


def explained_when_turned(code: NDArray[np.intp], came: Floats) -> Floats:
    """Return the share of the variance of `came` that the means by `np.roll(code, k)` explain.

    One element for every k; codes are from 0 on.
    """
    centred = came - came.mean()
    variance = float(np.square(centred).sum())
    if not variance > 0:
        return np.zeros(len(came))
    between = np.zeros(len(came))
    for value in np.unique(code):
        here = code == value
        between += np.square(sums_when_turned(here.astype(np.float64), centred)) / here.sum()
    return np.asarray(between / variance)


def turned_p_value(statistics: Floats, least: int) -> float:
    """Return the share of turns by at least `least` rows whose statistic is as large as unturned.

    `statistics` are those of every turn, the first unturned. Of an exact test, the unturned
    counts as one of them. Raises `ValueError` where there is no such turn.
    """
    turned = statistics[least : len(statistics) - least + 1]
    if not len(turned):
        raise ValueError(f"{len(statistics)} outcomes are too few to turn by {least} or more")
    # What differs by less is the same number, rounded on another way.
    as_large = turned >= statistics[0] - 1e-12 * max(1.0, abs(float(statistics[0])))
    return float((1 + as_large.sum()) / (1 + len(turned)))
