"""gzip is used where the caller allows it."""

import pytest

from api.http.middleware import accepts_gzip


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("br, zstd", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=1.0", True),
        ("identity", False),
    ],
)
def test_gzip_is_used_only_where_it_is_accepted(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted
