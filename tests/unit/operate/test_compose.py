"""docker-compose.yml runs what the Procfile runs, with variables that the settings know."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import Settings
from operate.procfile import read_commands

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name in read_commands() if name != "redis"]
# Variables that compose itself reads, for passwords that it puts into addresses.
COMPOSE_ONLY = {"TICKCAST_REDIS_PASSWORD", "TICKCAST_DATABASE_PASSWORD"}
OBSERVERS = [name for name, service in SERVICES.items() if "profiles" in service]
SETTINGS = {f"TICKCAST_{name.upper()}" for name in Settings.model_fields}


def test_the_services_are_those_of_the_procfile_a_database_and_a_migration() -> None:
    assert set(SERVICES) - set(OBSERVERS) == {*read_commands(), "postgres", "migrate"}
    assert set(OBSERVERS) == {"prometheus", "grafana"}


def test_the_migration_runs_once_and_only_prepares() -> None:
    service = SERVICES["migrate"]
    assert (service["command"], service["restart"]) == ("true", "no")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_writes_nowhere_but_its_data_and_gains_no_right(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service
    assert set(service.get("cap_add", ())) <= (
        set()
        if service["image"] == "tickcast"
        else {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}
    )


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_the_command_of_the_procfile(name: str) -> None:
    assert shlex.split(SERVICES[name]["command"]) == shlex.split(read_commands()[name])


@pytest.mark.parametrize("name", OURS)
def test_a_service_sets_only_variables_that_the_settings_have(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= SETTINGS


def test_compose_interpolates_only_documented_variables() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{(\w+)", text)) <= SETTINGS | COMPOSE_ONLY


@pytest.mark.parametrize("name", OURS)
def test_the_settings_accept_what_compose_sets(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{.*?\}", "word", value))

    settings = Settings(_env_file=None)

    assert not settings.embedded_redis
    assert settings.redis_address.startswith("redis://tickcast:word@redis:")
    assert settings.database_address.startswith("postgresql+psycopg2://")


@pytest.mark.parametrize("name", OURS)
def test_our_services_share_one_image_and_the_data_and_wait_for_stores_and_migration(
    name: str,
) -> None:
    service = SERVICES[name]
    assert (service["image"], service["volumes"]) == ("tickcast", ["data:/data"])
    assert {k: v["condition"] for k, v in service["depends_on"].items()} == {
        "redis": "service_healthy",
        "postgres": "service_healthy",
        "migrate": "service_completed_successfully",
    }


def test_only_api_and_grafana_are_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["api", "grafana"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_redis_and_postgres_are_the_promised_versions() -> None:
    assert re.fullmatch(r"redis:8\.\d+\.\d+", SERVICES["redis"]["image"])
    assert re.fullmatch(r"postgres:17\.\d+", SERVICES["postgres"]["image"])


def test_every_image_is_pinned_to_one_release() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", bases[0])


def test_the_image_runs_as_a_user_without_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER tickcast"]


def test_the_image_installs_the_locked_set_with_hashes() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r /build/requirements.lock" in dockerfile


def test_the_image_holds_every_package_that_runs() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for package in ("core", "storage", "ml", "feeds", "tasks", "api", "client", "operate"):
        assert f"COPY {package} {package}" in dockerfile
        assert f"!{package}" in ignored
