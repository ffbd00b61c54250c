"""Real candles that need no exchange: EURUSD by the hour, 2017."""

from importlib.util import find_spec
from pathlib import Path

from core.errors import TickcastError
from feeds.candle_files import Rows, read_candles

PLATFORM, SYMBOL, RESOLUTION = "file", "EURUSD", "1h"
_FILE = Path("datasets", "data", "FOREX_EURUSD_1H_ASK.csv")


class SampleMissing(TickcastError):
    """The package that carries the candles is not installed."""

    type = "sample_missing"


def eurusd_hourly() -> Rows:
    """Return 6,225 hourly ask candles of EURUSD, from 2017-01-01 22:00 to 2017-12-29 21:00 UTC.

    They are in the package gym-anytrading, which is read here without being
    imported: it loads a learning environment that nobody needs. Weekends are
    missing, as the market is closed. Raises `SampleMissing`.
    """
    found = find_spec("gym_anytrading")
    folders = (found.submodule_search_locations if found else None) or []
    files = [Path(folder) / _FILE for folder in folders]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise SampleMissing(
            "The sample candles come with the package gym-anytrading: "
            "pip install 'tickcast[demo]', or name a live --platform such as coinbase."
        )
    return read_candles(file)
