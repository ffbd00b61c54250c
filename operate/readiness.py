"""Whether Tickcast is ready, as its own health route says."""

import http.client
import json
import socket
import time
from ipaddress import ip_address
from typing import Any

import redis

from core.errors import TickcastError
from core.settings import Settings
from operate.redis_program import RedisWillNotStart
from operate.supervisor import Supervisor
from storage.redis_checks import lacks_time_series, unsafe_settings
from storage.redis_connection import connect

PATIENCE = 2.0
PROBE_INTERVAL = 0.3
REDIS_PATIENCE = 30.0


class UnsuitableRedis(TickcastError):
    """A Redis that somebody else set up would lose data."""

    type = "unsuitable_redis"


class PortTaken(TickcastError):
    """Something else listens where the api should."""

    type = "port_taken"


def check_port_is_free(settings: Settings) -> None:
    """Raise `PortTaken` with a sentence when host and port cannot be listened on."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise PortTaken(
            f"Port {settings.port} of {settings.host} cannot be used "
            f"({error.strerror}); choose another: make run PORT={settings.port + 1}"
        ) from None


def base_url(settings: Settings) -> str:
    """Return the address at which this machine reaches the api."""
    host = settings.host
    try:
        if ip_address(host).is_unspecified:
            host = "127.0.0.1"
        elif ip_address(host).version == 6:
            host = f"[{host}]"
    except ValueError:
        pass
    return f"http://{host}:{settings.port}"


def wait_for_redis(settings: Settings, supervisor: Supervisor) -> None:
    """Return when Redis answers and knows time series; loading its data may take long.

    Raises `RedisWillNotStart` or `UnsuitableRedis` with a sentence.
    """
    client = connect(settings.redis_address, timeout=PATIENCE, retries=0)
    patience = REDIS_PATIENCE if settings.embedded_redis else PATIENCE
    while not supervisor.until(lambda: _redis_state(client) == "ready", patience):
        if _redis_state(client) != "loading":
            raise RedisWillNotStart("Redis does not answer; see TICKCAST_REDIS_URL.")
    with client:
        check_redis(client, settings)


def check_redis(client: "redis.Redis", settings: Settings) -> None:
    """Raise `UnsuitableRedis` if Redis has no time series or may lose what it confirms.

    `TICKCAST_REDIS_UNSAFE` allows the latter; health then says so.
    """
    if lacks_time_series(client):
        raise UnsuitableRedis(
            "The Redis at TICKCAST_REDIS_URL has no TimeSeries; use Redis 8, or leave it empty."
        )
    faults = unsafe_settings(client)
    if faults and not settings.redis_unsafe:
        raise UnsuitableRedis(
            f"The Redis at TICKCAST_REDIS_URL cannot be trusted with data: {'; '.join(faults)}. "
            "TICKCAST_REDIS_UNSAFE=true starts all the same."
        )


def _redis_state(client: "redis.Redis") -> str:
    try:
        client.ping()
        return "ready"
    except redis.BusyLoadingError:
        return "loading"
    except redis.RedisError:
        return "away"


class Probe:
    """Asks `/health` now and then; `missing` are the parts that were not ready."""

    def __init__(self, settings: Settings) -> None:
        self._address = base_url(settings).removeprefix("http://")
        self._due = 0.0
        self.missing = ["api"]

    def ready(self) -> bool:
        """Whether health answers 200; asks at most every 0.3 s."""
        if time.monotonic() >= self._due:
            self.missing = self._ask()
            self._due = time.monotonic() + PROBE_INTERVAL
        return not self.missing

    def _ask(self) -> list[str]:
        connection = http.client.HTTPConnection(self._address, timeout=PATIENCE)
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            body = json.loads(answer.read())
            return [] if answer.status == 200 else _not_ready(body)
        except (OSError, ValueError, http.client.HTTPException):
            return ["api"]
        finally:
            connection.close()


def _not_ready(health: Any) -> list[str]:
    parts = health.get("parts", {}) if isinstance(health, dict) else {}
    return [name for name, part in parts.items() if "ready" not in str(part)] or ["api"]
