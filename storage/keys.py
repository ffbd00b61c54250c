"""All names of Redis keys, and nothing else.

A key's parts never hold a colon: they have passed `core.names.check_name`.
"""

from core.series import Series

CANDLE_FIELDS = ("open", "high", "low", "close", "volume", "trades")

SERIES_INDEX = "index:series"
JOB_EVENTS = "jobs:"


def candle(series: Series, field: str) -> str:
    """Time series of one candle field, e.g. `ts:coinbase:BTC-USD:60:close`."""
    return f"ts:{series}:{field}"


def flags(series: Series) -> str:
    """Time series of the marks (`CandleFlag` bits) of candles that carry any."""
    return f"flags:{series}"


def candle_state(series: Series) -> str:
    """Hash that every write to a series touches: what writers watch."""
    return f"state:{series}"


def forecast(series: Series, model_name: str, horizon: int, part: str) -> str:
    """Time series of forecasts, stamped with target times; part is value, low or high."""
    return f"ts:{series}:forecast:{model_name}:{horizon}:{part}"


def upload(job_id: str) -> str:
    """Packed candles that a job is going to store."""
    return f"upload:{job_id}"


def job_events(job_id: str) -> str:
    """Channel on which a job tells of its progress and its end."""
    return f"{JOB_EVENTS}{job_id}"


def worker(name: str) -> str:
    """Hash in which a worker process writes its pulse."""
    return f"worker:{name}"


def clock(platform: str) -> str:
    """Hash with the offset between an exchange's clock and ours."""
    return f"clock:{platform}"


def refresh_lock(series: Series) -> str:
    """Lock of the run that brings a watched series up to date."""
    return f"lock:refresh:{series}"
