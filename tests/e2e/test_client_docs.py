import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from client.cli import app

TRADING = Path(__file__).parents[2] / "docs" / "trading.md"
PAGE = Path(__file__).parents[2] / "docs" / "api.md"
ROUTE = re.compile(r"`(GET|POST|DELETE|PUT|PATCH) (/[^`?\s]*)`")
# The documents do not list themselves.
DOCUMENTS = {("GET", "/openapi.json"), ("GET", "/asyncapi.json")}


def test_the_guide_names_every_route_that_the_server_has_and_no_other(stack: Any) -> None:
    paths = httpx.get(f"{stack.url}/openapi.json").raise_for_status().json()["paths"]
    offered = {(method.upper(), path) for path, methods in paths.items() for method in methods}

    told = set(ROUTE.findall(PAGE.read_text(encoding="utf-8")))

    assert told - DOCUMENTS == offered - DOCUMENTS


def test_the_guide_to_trading_shows_what_works(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKCAST_URL", stack.url)
    monkeypatch.setenv("TICKCAST_API_KEY", stack.key)
    blocks = re.findall(r"```(sh|python)\n(.*?)```", TRADING.read_text(encoding="utf-8"), re.DOTALL)
    (commands,), (code,) = (
        [text for kind, text in blocks if kind == name] for name in ("sh", "python")
    )

    for line in commands.splitlines():
        _, *words = shlex.split(line, comments=True)
        ran = CliRunner().invoke(app, words)
        assert ran.exit_code == 0, (words, ran.output)
    exec(code, {})
