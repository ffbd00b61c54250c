"""`tickcast webhooks`: what came is listed by state, and one is applied again."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.payments.events import Delivery
from core.settings import Settings
from operate.cli import app
from storage.sales.webhooks import WebhookState
from storage.stores import open_stores


def test_events_are_listed_by_state_and_one_is_applied_again(
    redis_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"data_dir": tmp_path, "redis_url": redis_settings.redis_address}
    for name, value in own.items():
        monkeypatch.setenv(f"TICKCAST_{name.upper()}", str(value))
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    assert runner.invoke(app, ["webhooks", "list"]).stdout == ""
    stores = open_stores(redis_settings.model_copy(update=own))
    for name in ("one", "two\x1b[2J"):
        stores.webhooks.keep("eduzz", Delivery(name, "myeduzz.x", 0), b"{}")
    [first, _] = stores.webhooks.waiting()
    stores.webhooks.note(first, WebhookState.FAILED, "it was not as documented")

    failed = runner.invoke(app, ["webhooks", "list", "--state", "failed"]).stdout
    assert failed.count("\n") == 1
    assert "one" in failed
    assert "it was not as documented" in failed
    assert "\x1b" not in runner.invoke(app, ["webhooks", "list"]).stdout
    assert "accepted" in runner.invoke(app, ["webhooks", "retry", "one"]).stdout
    assert len(stores.webhooks.waiting()) == 2
    stores.close()
