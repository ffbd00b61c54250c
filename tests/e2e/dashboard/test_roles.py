"""A key that may only read sees everything and changes nothing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from bench.running_tickcast import RunningTickcast
from storage.access.access_keys import AccessKeyStore
from storage.database import open_database
from tests.e2e.dashboard.browser import Watched


@pytest.fixture
def reader_key(filled: RunningTickcast) -> Iterator[str]:
    """A key of the role `reader`, revoked at the end."""
    engine = open_database(filled.settings.database_address)
    keys = AccessKeyStore(engine)
    plain, key = keys.create("reader", "a guest")
    yield plain
    keys.revoke(key.id)
    engine.dispose()


def test_a_reader_is_told_that_training_is_not_allowed(
    watched: Watched, filled: RunningTickcast, reader_key: str
) -> None:
    page = watched.page
    page.goto(f"{filled.url}/app#key={reader_key}")
    page.get_by_role("link", name="Models").click()
    page.get_by_role("button", name="Train", exact=True).click()

    expect(page.locator("form").get_by_role("alert")).to_be_visible()
    # The browser itself reports the refusal.
    assert all("403" in complaint for complaint in watched.complaints)
    watched.complaints.clear()
    expect(page.get_by_role("region", name="Models", exact=True)).to_contain_text("SOL-USD")
