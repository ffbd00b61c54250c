"""Payment events: what is signed is stored once and answered 200, everything else is not."""

import asyncio
import json

import pytest
from falcon.testing import Result
from sqlalchemy import select

from core.clock.times import now_ms
from storage.sales.sales_tables import webhook_events
from storage.stores import Stores
from tasks.sales.apply_webhooks import WebhookApplier
from tests.integration.api.conftest import Api
from tests.payments import (
    DAY,
    START,
    eduzz,
    eduzz_contract,
    eduzz_invoice,
    sign,
    stripe,
    stripe_invoice,
    stripe_signature,
)

PAID = eduzz("invoice_paid", eduzz_invoice("paid", START), event_id="one")


async def send(api: Api, body: bytes, **headers: str) -> Result:
    """Send a body as Eduzz does."""
    signed = headers or {"x-signature": sign(body)}
    return await api.bare("POST", "/webhooks/eduzz", body=body, headers=signed)


def rows(stores: Stores) -> list[tuple[str, str]]:
    """Return id and state of every event that is stored."""
    with stores.engine.connect() as connection:
        chosen = select(webhook_events.c.event_id, webhook_events.c.state)
        return [(row.event_id, row.state) for row in connection.execute(chosen)]


async def test_a_signed_event_is_stored_and_answered_with_exactly_200(
    api: Api, stores: Stores
) -> None:
    answer = await send(api, PAID)
    assert answer.status_code == 200
    assert answer.json == {"ok": True, "event_id": "one", "status": "accepted"}
    assert rows(stores) == [("one", "accepted")]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-other": "1"},
        {"x-signature": sign(PAID, "wrong")},
        {"x-signature": sign(PAID + b" ")},
        {"x-signature": ""},
    ],
)
async def test_what_is_not_signed_is_refused_and_not_stored(
    api: Api, stores: Stores, headers: dict[str, str]
) -> None:
    assert (await send(api, PAID, **headers)).status_code == 401
    assert rows(stores) == []


async def test_the_secret_before_this_one_is_good_still(api: Api) -> None:
    answer = await send(api, PAID, **{"x-signature": sign(PAID, "an older secret")})
    assert answer.status_code == 200


async def test_fifty_duplicates_at_once_have_one_effect(
    api: Api, stores: Stores, applier: WebhookApplier
) -> None:
    answers = await asyncio.gather(*(send(api, PAID) for _ in range(50)))
    assert [answer.status_code for answer in answers] == [200] * 50
    assert sorted(answer.json["status"] for answer in answers).count("accepted") == 1
    assert rows(stores) == [("one", "accepted")]
    assert applier.run() == 1
    assert applier.run() == 0
    [account] = stores.accounts.list()
    assert len(account.entitlements) == 1


async def test_a_refund_holds_against_a_late_payment(
    api: Api, stores: Stores, applier: WebhookApplier
) -> None:
    now = now_ms() // 1_000 * 1_000
    story = [
        eduzz("invoice_paid", eduzz_invoice("paid", now - DAY)),
        eduzz("invoice_refunded", eduzz_invoice("refunded", now - 1_000)),
        eduzz("invoice_paid", eduzz_invoice("paid", now - DAY)),
    ]
    for body in story:
        assert (await send(api, body)).status_code == 200
        applier.run()
    [account] = stores.accounts.list()
    [plan] = account.entitlements
    assert (plan.state, plan.ends_at, account.tier(now)) == ("refunded", now - 1_000, None)


async def test_events_that_do_not_matter_are_stored_and_ignored(api: Api, stores: Stores) -> None:
    body = eduzz("cart_abandonment", {}, event_id="two")
    assert (await send(api, body)).json["status"] == "ignored"
    assert rows(stores) == [("two", "ignored")]


@pytest.mark.parametrize("signed", [True, False])
async def test_a_ping_is_answered_200_signed_or_not(api: Api, stores: Stores, signed: bool) -> None:
    body = eduzz("ping", {})
    answer = await send(api, body, **{"x-signature": sign(body) if signed else "no"})
    assert (answer.status_code, answer.json["status"]) == (200, "ignored")
    assert rows(stores) == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"event":"x","event":"y"}', b"{}"])
async def test_a_signed_body_that_is_no_event_is_malformed(
    api: Api, stores: Stores, body: bytes
) -> None:
    assert (await send(api, body)).status_code == 400
    assert rows(stores) == []


@pytest.mark.parametrize(("size", "status"), [(256 << 10, 200), ((256 << 10) + 1, 413)])
async def test_a_body_is_taken_up_to_its_limit(api: Api, size: int, status: int) -> None:
    filled = PAID[:-1] + b' , "x": "' + b"y" * (size - len(PAID) - 10) + b'"}'
    filled = filled[:-2] + b"y" * (size - len(filled)) + b'"}'
    assert (await send(api, filled)).status_code == status


async def test_a_provider_of_whom_no_secret_is_set_is_not_there(api: Api) -> None:
    assert (await api.bare("POST", "/webhooks/hotmart", body=PAID)).status_code == 404


async def test_stripe_is_taken_with_a_fresh_signature_and_refused_with_an_old_one(
    api: Api, stores: Stores
) -> None:
    body = stripe("invoice.paid", stripe_invoice(START, START + 31 * DAY))
    for age, status in ((301_000, 401), (0, 200)):
        headers = {"Stripe-Signature": stripe_signature(body, now_ms() - age)}
        answer = await api.bare("POST", "/webhooks/stripe", body=body, headers=headers)
        assert answer.status_code == status
    assert len(rows(stores)) == 1


async def test_events_are_taken_within_a_second_though_no_worker_listens(api: Api) -> None:
    events = 30
    async with asyncio.timeout(events):  # a second each
        for number in range(events):
            contract = eduzz_contract("upToDate", START, contract=str(number))
            assert (await send(api, eduzz("contract_updated", contract))).status_code == 200


async def test_what_was_stored_before_a_death_is_applied_after_it(
    api: Api, stores: Stores, applier: WebhookApplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(api, PAID)
    with monkeypatch.context() as patch:
        patch.setattr("storage.sales.purchases.note_event", _die)
        with pytest.raises(KeyboardInterrupt):
            applier.run()
    assert rows(stores) == [("one", "accepted")]
    assert stores.accounts.list() == []
    assert applier.run() == 1
    assert rows(stores) == [("one", "applied")]
    assert len(stores.accounts.list()) == 1


def _die(*_: object) -> None:
    raise KeyboardInterrupt


async def test_no_secret_and_no_body_reaches_the_log(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    await send(api, PAID)
    await send(api, PAID, **{"x-signature": "wrong"})
    told = "".join(capsys.readouterr())
    assert "ana@example.com" not in told
    assert sign(PAID) not in told


async def test_the_document_tells_the_route(api: Api) -> None:
    document = json.loads((await api.bare("GET", "/openapi.json")).text)
    described = document["paths"]["/webhooks/{provider}"]["post"]
    assert {"200", "400", "401", "404", "413"} <= described["responses"].keys()
