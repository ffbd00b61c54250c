"""Records as they were computed last, in Redis: they follow from the ledger and the candles."""

from typing import Any

import msgspec
import redis

from storage import keys
from storage.redis_connection import redis_errors

# Nobody asked for it so long (s): then it is computed anew when somebody does.
KEPT_S = 86_400
# Who began to compute one may have ended: after so long (s) another may begin.
CLAIMED_S = 120


class KeptRecord(msgspec.Struct, frozen=True):
    """A record as JSON, and when it was computed (epoch ms)."""

    at: int
    record: msgspec.Raw


class KeptRecords:
    """Every method may raise `RedisUnavailable`. A record is named by its kind and scope."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def get(self, kind: str, scope: str) -> KeptRecord | None:
        """Return what was computed last, None if nothing is kept."""
        with redis_errors():
            held = self._client.get(keys.record(kind, scope))
        return None if held is None else msgspec.json.decode(held, type=KeptRecord)

    def put(self, kind: str, scope: str, record: msgspec.Struct, at: int) -> None:
        """Keep a record in the place of the one before, and let others compute it again."""
        kept = KeptRecord(at, msgspec.Raw(msgspec.json.encode(record)))
        with redis_errors():
            pipeline = self._client.pipeline()
            pipeline.set(keys.record(kind, scope), msgspec.json.encode(kept), ex=KEPT_S)
            pipeline.delete(keys.record_claim(kind, scope))
            pipeline.execute()

    def claim(self, kind: str, scope: str) -> bool:
        """Say whether the caller is to have a record computed: nobody else does at the moment."""
        with redis_errors():
            return bool(
                self._client.set(keys.record_claim(kind, scope), b"1", ex=CLAIMED_S, nx=True)
            )

    def release(self, kind: str, scope: str) -> None:
        """Let others have it computed: it came to nothing."""
        with redis_errors():
            self._client.delete(keys.record_claim(kind, scope))
