"""How far each exchange's clock is from ours."""

import redis

from storage import keys
from storage.redis_connection import redis_errors


class ClockStore:
    """The last measured offset of every platform's clock."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def record(self, platform: str, offset_ms: float, at: int) -> None:
        """Keep an offset (the exchange's clock minus ours) measured at `at` (epoch ms)."""
        with redis_errors():
            self._client.hset(keys.clock(platform), mapping={"offset_ms": offset_ms, "at": at})

    def all(self) -> dict[str, tuple[float, int]]:
        """Return offset (ms) and time of measurement (epoch ms) by platform."""
        with redis_errors():
            found = sorted(self._client.scan_iter(match=keys.clock("*"), count=1_000))
            pipeline = self._client.pipeline(transaction=False)
            for key in found:
                pipeline.hmget(key, "offset_ms", "at")
            answers = pipeline.execute() if found else []
        names = (key.decode().split(":", 1)[1] for key in found)
        pairs = zip(names, answers, strict=True)
        return {name: (float(offset), int(at)) for name, (offset, at) in pairs if offset and at}
