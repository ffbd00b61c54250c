"""The routes of an application, for tests of a rule that holds for all of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.app import Application

WEBSOCKET = "WEBSOCKET"


def routes(app: Application) -> Iterator[tuple[str, str]]:
    """Yield method and template of every route, those of Falcon's own left out."""

    def walk(nodes: list[Any]) -> Iterator[Any]:
        for node in nodes:
            yield from [node] if node.resource else []
            yield from walk(node.children)

    for node in walk(app._router._roots):
        for method, responder in node.method_map.items():
            if ".on_" in responder.__qualname__:
                yield method, node.uri_template


def path_of(template: str, samples: Mapping[str, str]) -> str:
    """Return a path that leads to a template's route."""
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: samples.get(found[1], "none"), template)


def parameters(document: Mapping[str, Any], method: str, template: str) -> set[str]:
    """Return the names that a route's query may have, by the OpenAPI document."""
    described = document["paths"].get(re.sub(r"\{(\w+):\w+\}", r"{\1}", template), {})
    told = described.get(method.lower(), {}).get("parameters", [])
    return {one["name"] for one in told if one["in"] == "query"}


def described_as(tag: str, document: dict[str, Any]) -> set[str]:
    """Return the operations of the document with a tag, such as `GET /api/ohlcv`."""
    return {
        f"{method.upper()} {template}"
        for template, operations in document["paths"].items()
        for method, operation in operations.items()
        if tag in operation.get("tags", ())
    }
