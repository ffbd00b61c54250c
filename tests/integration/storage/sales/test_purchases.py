"""What was bought, in SQL: any order and repetition of events gives the same plans."""

import random

import pytest
from sqlalchemy import Engine

from core.payments.eduzz import EDUZZ
from core.payments.products import Product
from core.payments.shops import Shop as ProviderShop
from core.payments.stripe import STRIPE
from storage.accounts.accounts import AccountStore
from storage.mail.outbox import Outbox
from storage.sales.purchases import Purchases
from storage.sales.webhooks import WebhookStore
from tasks.sales.apply_webhooks import WebhookApplier
from tests.payments import (
    DAY,
    PRODUCT,
    START,
    STRIPE_PRODUCT,
    eduzz,
    eduzz_contract,
    eduzz_invoice,
    stripe,
    stripe_invoice,
    stripe_invoice_of_today,
    stripe_payment,
    stripe_subscription,
)

PRODUCTS = {PRODUCT: Product("pro"), "55": Product("basic"), STRIPE_PRODUCT: Product("pro")}
MONTH = 31 * DAY


class Shop:
    """A provider's events applied on a database, one after another."""

    def __init__(self, engine: Engine, now: int = START + DAY) -> None:
        self.now = now
        self.accounts = AccountStore(engine)
        self.outbox = Outbox(engine, lambda: self.now)
        self.webhooks = WebhookStore(engine, lambda: self.now)
        self._purchases = Purchases(engine, lambda: self.now)

    def take(self, *bodies: bytes, provider: object = EDUZZ) -> list[str]:
        """Take events in this order; returns what became of each."""
        states = []
        for body in bodies:
            self.webhooks.keep(provider.name, provider.identify(body), body)
            for event in self.webhooks.waiting():
                said = provider.read(event.body.encode(), "")
                states.append(self._purchases.apply(event, said, PRODUCTS, "pt").value)
        return states

    def plans(self) -> list[tuple[str, str, int | None]]:
        """Return email, plan and end of all plans that ever held."""
        return sorted(
            (account.email or "", plan.plan_tier, plan.ends_at)
            for account in self.accounts.list()
            for plan in account.entitlements
            if plan.ends_at is None or plan.ends_at > plan.starts_at
        )


def contract(status: str, at: int, due: int | None = None, **more: object) -> bytes:
    return eduzz("contract_updated", eduzz_contract(status, at, next_due=due, **more), sent=at)


def invoice(step: str, at: int, name: str = "1", of: str | None = None, **more: str) -> bytes:
    data = eduzz_invoice(step, at, invoice=name, contract=of, **more)
    return eduzz(f"invoice_{step}", data, sent=at)


PAID = contract("upToDate", START, START + MONTH)


def test_a_buyer_gets_an_account_a_plan_and_one_mail(engine: Engine) -> None:
    shop = Shop(engine)
    assert shop.take(PAID, invoice("paid", START, of="3456"), PAID) == ["applied", "applied"]
    [account] = shop.accounts.list()
    assert (account.user_name, account.email, account.locale) == (
        "Ana Lima",
        "ana@example.com",
        "pt",
    )
    assert account.tier(shop.now) == "pro"
    assert [(mail.account_id, mail.kind) for mail in shop.outbox.list()] == [(account.id, "claim")]


def test_who_never_paid_gets_no_account(engine: Engine) -> None:
    shop = Shop(engine)
    shop.take(contract("awaitingPayment", START), contract("canceled", START + DAY))
    assert shop.accounts.list() == []
    assert shop.outbox.list() == []


def test_addresses_are_one_whatever_their_case(engine: Engine) -> None:
    shop = Shop(engine)
    shop.take(PAID, contract("upToDate", START, START + DAY, contract="8", email="ANA@Example.com"))
    assert len(shop.accounts.list()) == 1


def test_two_contracts_of_one_address_are_one_account_with_the_highest_plan(
    engine: Engine,
) -> None:
    shop = Shop(engine)
    other = contract("upToDate", START, START + 2 * MONTH, contract="9", product="55")
    shop.take(PAID, other, invoice("paid", START, of="3456"))
    [account] = shop.accounts.list()
    assert account.tier(shop.now) == "pro"
    shop.take(invoice("refunded", START + 3_600_000, of="3456"))
    [account] = shop.accounts.list()
    assert account.tier(shop.now) == "basic"


def test_an_unknown_product_is_unmatched_and_opens_nothing(engine: Engine) -> None:
    shop = Shop(engine)
    assert shop.take(contract("upToDate", START, product="none")) == ["unmatched"]
    [event] = shop.webhooks.list()
    assert "none" in (event.error or "")
    assert all(not account.entitlements for account in shop.accounts.list())


def test_a_refund_of_something_never_seen_is_unmatched(engine: Engine) -> None:
    back = stripe("charge.refunded", {"id": "ch", "payment_intent": "pi", "refunded": True})
    assert Shop(engine).take(back, provider=STRIPE) == ["unmatched"]


def test_a_subscription_of_stripe_belongs_to_whoever_its_invoice_names(engine: Engine) -> None:
    shop = Shop(engine)
    thing = stripe_subscription("active", START, START + MONTH)
    shop.take(stripe("customer.subscription.created", thing), provider=STRIPE)
    assert shop.plans() == []
    shop.take(stripe("invoice.paid", stripe_invoice(START, START + MONTH)), provider=STRIPE)
    assert shop.plans() == [("ana@example.com", "pro", START + MONTH + 3 * DAY)]


@pytest.mark.parametrize("turn", range(5))
def test_a_payment_of_stripe_that_is_taken_back_closes_the_invoice_that_it_paid(
    engine: Engine, turn: int
) -> None:
    back = {"id": "ch_1", "payment_intent": "pi_1", "refunded": True}
    story = [
        stripe("customer.subscription.created",
               stripe_subscription("active", START, START + MONTH)),
        stripe("invoice.paid", stripe_invoice_of_today(START, START + MONTH)),
        stripe("invoice_payment.paid", stripe_payment("in_1", "pi_1")),
        stripe("charge.refunded", back, created=START + DAY),
        stripe("invoice_payment.paid", stripe_payment("in_1", "pi_2")),
    ]  # fmt: skip
    shop = Shop(engine)
    shop.take(*story[turn:], *story[:turn], *story[::-1], provider=STRIPE)
    assert shop.plans() == [("ana@example.com", "pro", START + DAY)]


def test_another_payer_of_a_contract_takes_it_from_nobody(engine: Engine) -> None:
    shop = Shop(engine)
    shop.take(PAID, invoice("paid", START, of="3456", email="payer@example.com"))
    assert [plan[0] for plan in shop.plans()] == ["ana@example.com"]


@pytest.mark.parametrize("seed", range(12))
def test_any_order_and_repetition_gives_the_same_plans(engine: Engine, seed: int) -> None:
    story = [
        PAID,
        invoice("paid", START, of="3456"),
        contract("upToDate", START + MONTH, START + 2 * MONTH),
        invoice("paid", START + MONTH, name="2", of="3456"),
        invoice("refunded", START + MONTH + DAY, name="2", of="3456"),
        contract("late", START + 2 * MONTH, START + 3 * MONTH),
        invoice("paid", START, name="7", email="bia@example.com", product="55"),
        contract("upToDate", START, START + MONTH, contract="5", email="caio@example.com"),
        contract("suspended", START + 5 * DAY, contract="5", email="caio@example.com"),
        invoice("paid", START + DAY, name="8", email="caio@example.com"),
    ]
    dice = random.Random(seed)
    mixed = story + dice.choices(story, k=5)
    dice.shuffle(mixed)
    shop = Shop(engine, now=START + 3 * MONTH)
    shop.take(*mixed)
    assert shop.plans() == [
        ("ana@example.com", "pro", START + MONTH + DAY),
        ("bia@example.com", "basic", START + MONTH),
        ("caio@example.com", "pro", START + 5 * DAY),
    ]


def test_only_a_payment_says_whose_an_invoice_is(engine: Engine) -> None:
    shop = Shop(engine)
    shop.take(invoice("paid", START, name="1", email="payer@example.com"))
    for step in ("refunded", "waiting_refund"):
        shop.take(invoice(step, START + DAY, name="2", email="payer@example.com"))
    shop.take(invoice("paid", START, name="3", email="payer@example.com"))
    shop.take(invoice("paid", START, name="2", email="bia@example.com"))
    assert shop.plans() == [
        ("bia@example.com", "pro", START + DAY),
        ("payer@example.com", "pro", START + MONTH),
        ("payer@example.com", "pro", START + MONTH),
    ]


def test_what_a_buyer_types_stops_nobody_else_s_payments(engine: Engine) -> None:
    shop = Shop(engine)
    odd = eduzz_contract("upToDate", START, next_due=START + MONTH, contract="7")
    odd["customer"] = {"name": "Bia\0", "email": "bia@example.com"}
    unknown = contract("\0upToDate", START, START + MONTH, contract="8")
    applier = WebhookApplier(
        shop.webhooks, Purchases(engine, lambda: shop.now), shop.outbox,
        {"eduzz": ProviderShop(EDUZZ, ["-"], PRODUCTS)}, tell=False,
    )  # fmt: skip
    for body in (unknown, eduzz("contract_updated", odd), PAID):
        shop.webhooks.keep("eduzz", EDUZZ.identify(body), body)
    assert applier.run() == 3
    counts = shop.webhooks.counts()
    assert (counts["applied"], counts["failed"], counts["accepted"]) == (2, 1, 0)
    assert {account.user_name for account in shop.accounts.list()} == {"Bia", "Ana Lima"}


def test_bodies_are_dropped_when_they_are_old_and_their_digests_kept(engine: Engine) -> None:
    shop = Shop(engine)
    shop.take(PAID)
    assert shop.webhooks.forget_bodies(START) == 0
    assert shop.webhooks.forget_bodies(START + 2 * DAY) == 1
    [event] = shop.webhooks.list()
    assert event.body is None
    assert len(event.digest) == 64
