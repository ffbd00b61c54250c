"""The header Prefer, as RFC 7240 has it."""

import pytest
from falcon.testing import create_asgi_req

from api.http.prefer import preferred_wait


@pytest.mark.parametrize(
    ("header", "seconds", "applied"),
    [
        (None, 10, ""),
        ("", 10, ""),
        ("respond-async", 0, "respond-async"),
        ("Respond-Async", 0, "respond-async"),
        ("wait=7", 7, "wait=7"),
        ("wait = 7", 7, "wait=7"),
        ('wait="7"', 7, "wait=7"),
        ("wait=0", 0, "wait=0"),
        ("wait=60", 60, "wait=60"),
        ("wait=61", 60, "wait=60"),
        ("respond-async, wait=5", 5, "wait=5"),
        ("wait=5; foo=1, wait=9", 5, "wait=5"),
        ("wait=-1", 10, ""),
        ("wait=x", 10, ""),
        ("wait", 10, ""),
        ("wait=99999999999999999999", 10, ""),
        ("handling=lenient", 10, ""),
    ],
)
def test_a_preference_is_heeded_or_ignored(header: str | None, seconds: int, applied: str) -> None:
    headers = {} if header is None else {"Prefer": header}
    found = preferred_wait(create_asgi_req(headers=headers), 10)
    assert found == (seconds, applied)
