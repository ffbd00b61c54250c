"""Shapes of the answers about the server itself."""

from typing import Literal

from msgspec import Struct

PartState = Literal["ready", "down"]


class ClockOffset(Struct):
    """How far an exchange's clock is ahead of ours."""

    offset_ms: float
    measured_at: str
    ok: bool


class Clock(Struct, omit_defaults=True):
    """Whether our clock agrees with the exchanges'; the offsets are for holders of a key."""

    status: Literal["ok", "off", "unknown"]
    offsets: dict[str, ClockOffset] | None = None


class Health(Struct, omit_defaults=True):
    """How all parts are; the fields from `version` on are for holders of a key.

    `healthy`: all is well. `degraded`: some worker is down, or the clock is off.
    `unhealthy`: Redis or the database is down.
    """

    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: str
    parts: dict[str, PartState]
    clock: Clock
    version: str | None = None
    uptime: float | None = None
    workers: dict[str, dict[str, str]] | None = None


class Status(Struct):
    """A status alone."""

    status: str
