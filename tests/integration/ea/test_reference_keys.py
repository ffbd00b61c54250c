"""What the reference EAs say is what the server documents."""

import json
from typing import Any

import pytest

from api.app import Application
from api.docs.openapi import build_document
from tests.integration.api.conftest import app, counts, enqueue, settings  # noqa: F401
from tests.reference_agents import NAMES, headers_of, keys_of, paths_of

# Of HTTP itself, which no document lists.
OF_HTTP = {"Content-Type", "If-None-Match"}


@pytest.fixture
def document(app: Application) -> dict[str, Any]:  # noqa: F811
    """The server's OpenAPI document."""
    document: dict[str, Any] = json.loads(build_document(app))
    return document


def named(value: Any, under: str) -> set[str]:
    """Return every name in the objects that stand under a word, at any depth."""
    if isinstance(value, list):
        return set().union(*(named(each, under) for each in value))
    if not isinstance(value, dict):
        return set()
    inside = value.get(under)
    own = set(inside) if isinstance(inside, dict) else set()
    return own.union(*(named(each, under) for each in value.values()))


@pytest.mark.parametrize("name", NAMES)
def test_every_key_that_a_source_writes_or_reads_is_a_field_of_a_shape(
    name: str, document: dict[str, Any]
) -> None:
    assert keys_of(name) - named(document, "properties") == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_path_that_a_source_calls_is_a_route(name: str, document: dict[str, Any]) -> None:
    routes = {path.removesuffix("/{platform}") for path in document["paths"]}
    assert paths_of(name) <= routes


def test_every_header_that_a_source_sends_is_documented(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"].values()
    known = {scheme["name"] for scheme in schemes if scheme.get("in") == "header"}
    sent = set().union(*map(headers_of, NAMES))
    assert sent - OF_HTTP == known & sent
