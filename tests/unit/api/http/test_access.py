"""Which paths need no key: a short list, and nothing that only looks like it."""

import pytest

from api.http.access import is_public


@pytest.mark.parametrize(
    "path",
    ["/", "/health", "/health/detailed", "/api/health", "/api/v1/health", "/api/public/stats",
     "/docs", "/openapi.json", "/app", "/app/static/app.js"],
)  # fmt: skip
def test_the_public_paths_need_no_key(path: str) -> None:
    assert is_public(path)


@pytest.mark.parametrize(
    "path",
    ["", "//", "/tasks", "/metrics", "/metrics/prometheus", "/watch", "/lstm/models", "/appl",
     "/apps", "/Health", "/health/", "/health/x", "/docs/x", "/openapi.jsonx", "/api",
     "/ingest/candles/app", "/candles/app/app/app", "/x/../health"],
)  # fmt: skip
def test_all_others_do(path: str) -> None:
    assert not is_public(path)
