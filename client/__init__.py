"""The Python client of Tickcast: `from client import Tickcast`."""

from client.errors import (
    AnswerError,
    BadFrame,
    BadLedger,
    Conflict,
    InvalidRequest,
    NotFound,
    ServerAway,
    TaskCancelled,
    TaskFailed,
    TaskPending,
    Unauthorized,
    Unavailable,
)
from client.forecasts import Forecast, PathForecast, SeriesForecast, horizon_frame
from client.tasks import Task
from client.tickcast import Tickcast
from core.errors import TickcastError

__all__ = [
    "AnswerError",
    "BadFrame",
    "BadLedger",
    "Conflict",
    "Forecast",
    "InvalidRequest",
    "NotFound",
    "PathForecast",
    "SeriesForecast",
    "ServerAway",
    "Task",
    "TaskCancelled",
    "TaskFailed",
    "TaskPending",
    "Tickcast",
    "TickcastError",
    "Unauthorized",
    "Unavailable",
    "horizon_frame",
]
