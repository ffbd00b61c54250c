"""A server whose parts these tests stop and kill, one after the other."""

from collections.abc import Iterator

import pytest

from bench.running_tickcast import RunningTickcast


@pytest.fixture(scope="package")
def mortal(replay: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTickcast]:
    """A Tickcast to kill; trades stay in Redis, where the oracle counts them."""
    folder = tmp_path_factory.mktemp("mortal") / "data"
    settings = {
        "exchange_urls": f'{{"coinbase": "{replay}"}}',
        "journal_retention_hours": "100000",
    }
    with RunningTickcast(folder, **settings) as tickcast:
        yield tickcast
