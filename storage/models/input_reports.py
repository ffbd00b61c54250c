"""How the inputs of offered slots' models stand, as it was measured last; lost, it is anew."""

from collections.abc import Collection
from typing import Any

import msgspec
import redis

from core.answers.input_health import InputReport
from core.forecast_target import ForecastTarget
from storage import keys
from storage.redis_connection import redis_errors


class InputReports:
    """Every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def put(self, target: ForecastTarget, report: InputReport) -> None:
        """Keep a report in the place of the last one."""
        with redis_errors():
            self._client.hset(keys.INPUT_REPORTS, str(target), msgspec.json.encode(report))

    def of(self, targets: Collection[ForecastTarget]) -> dict[ForecastTarget, InputReport]:
        """Return the reports of those targets that have one."""
        wanted = list(targets)
        if not wanted:
            return {}
        with redis_errors():
            held = self._client.hmget(keys.INPUT_REPORTS, [str(target) for target in wanted])
        return {
            target: msgspec.json.decode(text, type=InputReport)
            for target, text in zip(wanted, held, strict=True)
            if text is not None
        }

    def keep_only(self, targets: Collection[ForecastTarget]) -> None:
        """Forget the reports of all others."""
        wanted = {str(target).encode() for target in targets}
        with redis_errors():
            old = [name for name in self._client.hkeys(keys.INPUT_REPORTS) if name not in wanted]
            if old:
                self._client.hdel(keys.INPUT_REPORTS, *old)
