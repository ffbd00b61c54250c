"""`tickcast webhooks`: what came is listed by state, and one is applied again."""

from typer.testing import CliRunner

from core.payments.events import Delivery
from operate.cli import app
from storage.sales.webhooks import WebhookState
from storage.stores import Stores


def test_events_are_listed_by_state_and_one_is_applied_again(opened: Stores) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["webhooks", "list"]).stdout == ""
    for name in ("one", "two\x1b[2J"):
        opened.webhooks.keep("eduzz", Delivery(name, "myeduzz.x", 0), b"{}")
    [first, _] = opened.webhooks.waiting()
    opened.webhooks.note(first, WebhookState.FAILED, "it was not as documented")

    failed = runner.invoke(app, ["webhooks", "list", "--state", "failed"]).stdout
    assert failed.count("\n") == 1
    assert "one" in failed
    assert "it was not as documented" in failed
    assert "\x1b" not in runner.invoke(app, ["webhooks", "list"]).stdout
    assert "accepted" in runner.invoke(app, ["webhooks", "retry", "one"]).stdout
    assert len(opened.webhooks.waiting()) == 2
