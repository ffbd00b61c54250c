"""A process that is killed while it applies an event loses nothing and does nothing twice."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.clock.times import now_ms
from core.payments.eduzz import EDUZZ
from core.payments.products import Product
from core.payments.shops import Shop
from storage.accounts.accounts import AccountStore
from storage.mail.outbox import Outbox
from storage.sales.purchases import Purchases
from storage.sales.webhooks import WebhookStore
from tasks.sales.apply_webhooks import WebhookApplier
from tests.payments import DAY, PRODUCT, SECRET, eduzz, eduzz_contract, eduzz_invoice

ROOT = Path(__file__).parents[4]
# Applies what waits in a process of its own, which is killed at a place that is named.
APPLY = """
import os, signal, sys
from storage.database import open_database
from storage.sales import purchases
from tests.integration.tasks.sales.test_webhook_kills import applier

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(work):
    def done(*args, **named):
        work(*args, **named)
        die()
    return done

match sys.argv[2]:
    case "begun":
        purchases.Purchases.apply = die
    case "written":
        purchases.note_event = then_die(purchases.note_event)
    case "committed":
        purchases.Purchases.apply = then_die(purchases.Purchases.apply)
applier(open_database(sys.argv[1])).run()
"""


def applier(engine: Engine) -> WebhookApplier:
    """Return what applies events in a worker."""
    shops = {"eduzz": Shop(EDUZZ, [SECRET], {PRODUCT: Product("pro", 31)})}
    stores = WebhookStore(engine), Purchases(engine), Outbox(engine)
    return WebhookApplier(*stores, shops, tell=True)


@pytest.mark.parametrize("where", ["begun", "written", "committed"])
def test_an_event_survives_a_kill_wherever_it_comes(engine: Engine, where: str) -> None:
    webhooks, now = WebhookStore(engine), now_ms() // 1_000 * 1_000
    bodies = [
        eduzz("contract_created", eduzz_contract("upToDate", now, next_due=now + 31 * DAY)),
        eduzz("invoice_paid", eduzz_invoice("paid", now, contract="3456")),
    ]
    for body in bodies:
        webhooks.keep("eduzz", EDUZZ.identify(body), body)
    url = engine.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", APPLY, url, where], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = len(webhooks.waiting())
    assert left == (1 if where == "committed" else 2)
    assert applier(engine).run() == left
    assert {event.state.value for event in webhooks.list()} == {"applied"}
    [account] = AccountStore(engine).list()
    assert [plan.ends_at for plan in account.entitlements] == [now + 34 * DAY]
    assert len(Outbox(engine).list()) == 1
