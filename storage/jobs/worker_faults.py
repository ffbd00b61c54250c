"""What is wrong with a worker, by the heartbeats of its processes."""

from collections.abc import Mapping

Heartbeats = Mapping[str, Mapping[str, str]]

# The processes of the Procfile that send heartbeats.
WORKERS = ("stream", "worker", "fetcher", "trainer", "trader", "beat")
# They do so every second; one that missed four is down, or stands still.
HEARTBEAT_MEMORY_MS = 4_000
# Messages that wait so long (s) beside a worker that does nothing.
IDLE_S = 4
# Messages of these workers take milliseconds, or seconds at most; one that takes longer (s)
# while others wait hangs.
SHORT_WORK = frozenset({"stream", "worker"})
LONG_S = 60


def faults(heartbeats: Heartbeats, now: int) -> dict[str, str | None]:
    """Return by worker what is wrong with it at `now` (epoch ms), None if nothing is.

    Of several processes of one name the first that is in trouble is told.
    """
    return {role: _fault_of(role, heartbeats, now) for role in WORKERS}


def _fault_of(role: str, heartbeats: Heartbeats, now: int) -> str | None:
    processes = [fields for fields in heartbeats.values() if fields.get("role") == role]
    if not processes:
        return "no process shows a pulse"
    return next((fault for fields in processes if (fault := _fault(fields, now))), None)


def _fault(fields: Mapping[str, str], now: int) -> str | None:
    silent = now - int(fields.get("at", 0))
    if silent >= HEARTBEAT_MEMORY_MS:
        return f"silent for {silent // 1_000} s"
    if _number(fields, "stopped"):
        return "a process of its pool stands still"
    if _number(fields, "idle_s") >= IDLE_S:
        return f"messages have waited for {fields['idle_s']} s, and it takes none"
    hangs = fields.get("role") in SHORT_WORK and _number(fields, "oldest_s") >= LONG_S
    if hangs and _number(fields, "waiting"):
        return f"at one message for {fields['oldest_s']} s while others wait"
    return None


def _number(fields: Mapping[str, str], name: str) -> int:
    return int(float(fields.get(name, 0)))
