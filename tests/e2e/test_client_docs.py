import re
from pathlib import Path
from typing import Any

import httpx

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
ROUTE = re.compile(r"`(GET|POST|DELETE|PUT|PATCH) (/[^`?\s]*)`")
# The documents do not list themselves.
DOCUMENTS = {("GET", "/openapi.json"), ("GET", "/asyncapi.json")}


def test_the_guide_names_every_route_that_the_server_has_and_no_other(stack: Any) -> None:
    paths = httpx.get(f"{stack.url}/openapi.json").raise_for_status().json()["paths"]
    offered = {(method.upper(), path) for path, methods in paths.items() for method in methods}

    told = set(ROUTE.findall(PAGE.read_text(encoding="utf-8")))

    assert told - DOCUMENTS == offered - DOCUMENTS
