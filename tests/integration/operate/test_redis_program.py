"""The Redis that is run: one that is named, a newer one of the machine, or the embedded one."""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from core.settings import Settings
from operate.embedded_redis import server_command, start_redis, stop_redis
from operate.redis_program import MODULE, RedisProgram, RedisWillNotStart, find_redis
from storage.redis_connection import connect

Install = Callable[[str, bool], Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lay a redis-server of a version on the PATH, that works, with its module or without."""
    monkeypatch.setenv("PATH", "/nowhere")  # this machine may have one of its own
    real = find_redis("")
    libraries = server_command(Settings(data_dir=tmp_path / "lib", _env_file=None)).environment

    def lay(version: str, module: bool) -> Path:
        program = tmp_path / "usr" / "bin" / "redis-server"
        program.parent.mkdir(parents=True)
        path = libraries.get("LD_LIBRARY_PATH", "")
        program.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "Redis server v={version} sha=0" && exit\n'
            f'LD_LIBRARY_PATH="{path}" exec "{real.path}" "$@"\n'
        )
        program.chmod(0o755)
        if module:
            folder = tmp_path / "usr" / "lib" / "redis" / "modules"
            folder.mkdir(parents=True)
            (folder / MODULE).symlink_to(real.module)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return program

    return lay


def test_a_newer_one_with_time_series_is_preferred_and_keeps_data(
    install: Install, tmp_path: Path
) -> None:
    program = install("8.2.1", True)
    assert find_redis("").path == program
    settings = Settings(data_dir=tmp_path / "data", _env_file=None)
    process = start_redis(settings)
    try:
        with connect(settings.redis_address) as client:
            client.execute_command("TS.ADD", "x", 1, 2.5)
            assert client.config_get("appendonly")["appendonly"] == "yes"
    finally:
        stop_redis(process)


@pytest.mark.parametrize(("version", "module"), [("7.4.9", True), ("8.0.0", False), ("?", True)])
def test_an_older_one_or_one_without_time_series_is_not(
    install: Install, version: str, module: bool
) -> None:
    install(version, module)
    assert find_redis("").embedded


def test_one_that_is_named_is_taken_whatever_is_found(install: Install) -> None:
    embedded = find_redis("")
    program = install("7.4.9", True)
    assert find_redis(str(program)).path == program
    assert find_redis(str(embedded.path)) == RedisProgram(*embedded)


@pytest.mark.parametrize("fault", ["/nowhere/redis-server", "no module", "no program"])
def test_one_that_cannot_be_run_is_refused_in_a_sentence(
    install: Install, tmp_path: Path, fault: str
) -> None:
    program = install("8.0.0", False)
    named = {"no module": str(program), "no program": str(tmp_path)}.get(fault, fault)
    with pytest.raises(RedisWillNotStart, match="TICKCAST_REDIS_SERVER"):
        find_redis(named)


def test_ours_speaks_on_its_socket_only_and_never_by_tls(redis_client: "redis.Redis") -> None:
    told = redis_client.config_get("*")
    assert told["port"] == "0"
    assert told.get("tls-port", "0") == "0"
    assert told.get("tls-replication", "no") == "no"
    assert told["unixsocketperm"] == "700"
