"""Whether a Redis will keep what it is given: asked at the start, and by health."""

import redis
from redis.exceptions import NoPermissionError, ResponseError

from storage.redis_connection import redis_errors


def lacks_time_series(client: "redis.Redis") -> bool:
    """Say whether Redis does not know the commands of time series."""
    try:
        with redis_errors():
            client.execute_command("TS.QUERYINDEX", "platform=")  # type: ignore[no-untyped-call]
    except ResponseError as error:
        return str(error).startswith("unknown command")
    return False


def unsafe_settings(client: "redis.Redis") -> list[str]:
    """Return what of Redis's configuration may lose what it has confirmed, in sentences.

    Asked by INFO, since a user of Redis with few rights may not read its CONFIG.
    """
    try:
        with redis_errors():
            found = {**client.info("memory"), **client.info("persistence")}
    except NoPermissionError:
        return ["its user may not call INFO, so that nobody knows whether it keeps data"]
    faults = []
    policy = found.get("maxmemory_policy")
    if policy != "noeviction":
        faults.append(
            f"it may drop keys when memory is short: set maxmemory-policy noeviction (is {policy})"
        )
    if not found.get("aof_enabled"):
        faults.append("it forgets the newest writes when it ends: set appendonly yes")
    return faults


def full_memory(client: "redis.Redis") -> str | None:
    """Return why Redis refuses writes at present, None if it takes them."""
    with redis_errors():
        found = {**client.info("memory"), **client.info("persistence")}
    limit, used = found.get("maxmemory", 0), found.get("used_memory", 0)
    if limit and used >= 0.99 * limit:
        return f"{limit / (1 << 20):,.0f} MB are used up; writes are refused until there is room"
    if found.get("aof_last_write_status", "ok") != "ok":
        return "the append-only file cannot be written; writes are refused until it can"
    return None
