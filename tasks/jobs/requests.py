"""The series that a job's request names."""

from collections.abc import Mapping
from typing import Any

from core.series import Series, make_series


def requested_series(request: Mapping[str, Any]) -> Series:
    """Return the series of a request with `platform, symbol, resolution`."""
    return make_series(request["platform"], request["symbol"], request["resolution"])
