"""The Redis with TimeSeries that we run ourselves, as a child process."""

import os
import shutil
import socket
import subprocess
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import redis

from core.settings import Settings
from operate.disk_watch import fsync_of
from operate.redis_program import RedisWillNotStart, find_redis
from storage.disk_room import DiskRoom

OPENSSL_LIBRARIES = ("libssl.so.1.1", "libcrypto.so.1.1")
_SYSTEM_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib")


class ServerCommand(NamedTuple):
    """How our Redis is run: its command line, and the environment in which it finds OpenSSL."""

    line: list[str]
    environment: dict[str, str]


def server_command(settings: Settings) -> ServerCommand:
    """Return how our Redis is run, and prepare its folder.

    It listens on a unix socket only, without TLS, keeps an append-only file in
    `{data_dir}/redis`, and never evicts.
    """
    program = find_redis(settings.redis_server)
    folder = settings.data_dir / "redis"
    socket_path = settings.redis_socket
    room = DiskRoom(settings.data_dir, settings.disk_reserve_mb)
    for needed in (folder, socket_path.parent):
        needed.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = [
        str(program.path),
        *("--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", fsync_of(settings, room)),
        *("--maxmemory", settings.redis_max_memory, "--maxmemory-policy", "noeviction"),
        *("--save", "", "--aof-use-rdb-preamble", "yes", "--daemonize", "no"),
        *("--loadmodule", str(program.module)),
    ]
    environment = dict(os.environ)
    if program.embedded and not _system_has_openssl():
        libraries = _link_openssl(folder / "lib")
        paths = [str(libraries), environment.get("LD_LIBRARY_PATH", "")]
        environment["LD_LIBRARY_PATH"] = ":".join(filter(None, paths))
    return ServerCommand(line, environment)


def start_redis(settings: Settings, patience: float = 30) -> subprocess.Popen[bytes]:
    """Start the embedded Redis and return once it answers.

    Raises `RedisWillNotStart` with a sentence when it ends or stays silent.
    """
    if is_running(settings):
        raise RedisWillNotStart("A Redis already runs on this data folder.")
    command = server_command(settings)
    process = subprocess.Popen(
        command.line,
        env=command.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wait_until_ready(settings, patience, process)
    except RedisWillNotStart:
        process.kill()
        raise
    return process


def wait_until_ready(
    settings: Settings, patience: float, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Return once Redis answers a PING; a server that still loads its data is waited for.

    Raises `RedisWillNotStart` when `process` ends or nothing answers for
    `patience` seconds.
    """
    deadline = time.monotonic() + patience
    client = redis.Redis.from_url(settings.redis_address, socket_timeout=2)
    while True:
        try:
            client.ping()
            return
        except redis.BusyLoadingError:
            deadline = time.monotonic() + patience
        except redis.RedisError:
            pass
        if process is not None and process.poll() is not None:
            raise RedisWillNotStart(f"Redis ended at once: {_last_words(process)}")
        if time.monotonic() > deadline:
            raise RedisWillNotStart("Redis did not answer in time.")
        time.sleep(0.02)


def stop_redis(process: subprocess.Popen[bytes], patience: float = 20) -> None:
    """Ask Redis to save and end; kill it when it does not."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def is_running(settings: Settings) -> bool:
    """Say whether something listens on the embedded Redis's socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(settings.redis_socket))
        except OSError:
            return False
    return True


def _system_has_openssl() -> bool:
    return any(
        all((Path(folder) / name).exists() for name in OPENSSL_LIBRARIES)
        for folder in _SYSTEM_FOLDERS
    )


def _link_openssl(folder: Path) -> Path:
    """Link the OpenSSL 1.1 that psycopg2-binary carries under the names Redis asks for."""
    source = Path(str(distribution("psycopg2-binary").locate_file("psycopg2_binary.libs")))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in OPENSSL_LIBRARIES:
        stem = name.split(".")[0]
        found = next(source.glob(f"{stem}-*.so.1.1"), None)
        if found is None:
            raise RedisWillNotStart(f"{name} is missing, which the embedded Redis needs.")
        (folder / name).symlink_to(found)
    return folder


def _last_words(process: subprocess.Popen[bytes]) -> str:
    output = process.stdout.read().decode(errors="replace") if process.stdout else ""
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else f"exit code {process.returncode}."
