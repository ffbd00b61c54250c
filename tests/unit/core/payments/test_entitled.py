"""What is paid opens a plan; any order and repetition of events ends in the same."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.payments.eduzz import EDUZZ
from core.payments.entitled import (
    GRACE_MS,
    Contract,
    Entitled,
    Invoice,
    entitlements,
    keep_contract,
    keep_invoice,
)
from core.payments.events import InvoiceEvent, Provider
from core.payments.products import Product
from core.payments.stripe import STRIPE
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
    stripe_subscription,
)

PRODUCTS = {
    PRODUCT: Product("pro", 31),
    "55": Product("basic", 31),
    STRIPE_PRODUCT: Product("pro", 31),
}
MONTH = 31 * DAY


def after(bodies: Iterable[bytes], provider: Provider = EDUZZ) -> list[Entitled]:
    """Return what a buyer may use after bodies that came in this order."""
    contracts: dict[str, Contract] = {}
    invoices: dict[str, Invoice] = {}
    for body in bodies:
        for event in provider.read(body, ""):
            if isinstance(event, InvoiceEvent):
                kept = invoices.get(event.invoice, Invoice(id=event.invoice))
                invoices[event.invoice] = keep_invoice(kept, event)
            else:
                known = contracts.get(event.contract, Contract(id=event.contract))
                contracts[event.contract] = keep_contract(known, event)
    return entitlements(contracts.values(), invoices.values(), PRODUCTS)


def contract(status: str, at: int, due: int | None = None, **more: object) -> bytes:
    """Return an event of the contract 3456."""
    return eduzz("contract_updated", eduzz_contract(status, at, next_due=due, **more), sent=at)


def invoice(event: str, at: int, name: str = "1", of: str | None = "3456", **more: str) -> bytes:
    """Return an event of an invoice."""
    data = eduzz_invoice(event, at, invoice=name, contract=of, **more)
    return eduzz(f"invoice_{event}", data, sent=at)


def ends(bodies: Iterable[bytes], provider: Provider = EDUZZ) -> int | None:
    """Return when the one plan ends."""
    [found] = after(bodies, provider)
    assert (found.plan, found.starts_at) == ("pro", START)
    return found.ends_at


PAID = contract("upToDate", START, START + MONTH)


def test_a_contract_that_is_up_to_date_opens_until_its_next_due_date_and_three_days() -> None:
    assert ends([PAID]) == START + MONTH + GRACE_MS


@pytest.mark.parametrize("status", ["awaitingPayment", "late", "canceled", "suspended", "finished"])
def test_a_contract_that_nobody_ever_paid_opens_nothing(status: str) -> None:
    assert after([contract(status, START, START + MONTH)]) == []


@pytest.mark.parametrize(
    ("status", "more", "end"),
    [
        ("awaitingPayment", {}, START + MONTH + GRACE_MS),
        ("late", {"when_late": True}, START + 40 * DAY),
        ("late", {"when_late": False}, START + MONTH + GRACE_MS),
        ("defaulter", {"when_late": True}, START + 40 * DAY),
        ("canceled", {}, START + MONTH),
        ("suspended", {}, START + 40 * DAY),
        ("finished", {"finishes": START + 50 * DAY}, START + 50 * DAY),
        ("trial", {}, START + 2 * MONTH + GRACE_MS),
        ("free", {}, START + 2 * MONTH + GRACE_MS),
    ],
)
def test_a_paid_contract_ends_as_its_newest_status_says(
    status: str, more: dict[str, object], end: int
) -> None:
    newer = contract(status, START + 40 * DAY, START + 2 * MONTH, **more)
    assert ends([PAID, newer]) == end


def test_an_older_version_that_comes_later_changes_nothing() -> None:
    closed = contract("suspended", START + 9 * DAY)
    assert ends([closed, PAID]) == ends([PAID, closed]) == START + 9 * DAY


def test_an_invoice_opens_for_the_days_of_its_product() -> None:
    assert ends([invoice("paid", START, of=None)]) == START + MONTH
    assert after([invoice("paid", START, product="unknown")]) == []


def test_a_refunded_invoice_closes_its_time_and_a_late_paid_opens_nothing() -> None:
    paid, back = invoice("paid", START), invoice("refunded", START + 5 * DAY)
    for story in ([paid, back], [back, paid], [paid, back, paid], [back, back, paid, PAID]):
        assert ends(story) == START + 5 * DAY


def test_a_cancelled_invoice_closes_only_what_had_been_paid() -> None:
    paid, gone = invoice("paid", START), invoice("canceled", START + 5 * DAY)
    assert ends([gone, paid]) == ends([paid, gone]) == START + 5 * DAY
    assert ends([PAID, gone]) == START + MONTH + GRACE_MS


def test_a_new_payment_after_a_refund_opens_again() -> None:
    story = [
        PAID,
        invoice("paid", START),
        invoice("refunded", START + 5 * DAY),
        invoice("paid", START + 10 * DAY, name="2"),
        contract("upToDate", START + 10 * DAY, START + 41 * DAY),
    ]
    assert ends(story) == START + 41 * DAY + GRACE_MS


def test_a_refund_of_the_next_month_leaves_what_is_left_of_this_one() -> None:
    story = [
        PAID,
        invoice("paid", START),
        invoice("paid", START + 20 * DAY, name="2"),
        invoice("refunded", START + 21 * DAY, name="2"),
    ]
    assert ends(story) == START + MONTH


def test_a_refund_of_one_contract_leaves_the_other() -> None:
    other = contract("upToDate", START, START + MONTH, contract="9", product="55")
    found = after([PAID, other, invoice("paid", START), invoice("refunded", START + DAY)])
    assert {(one.ref, one.plan, one.ends_at) for one in found} == {
        ("3456", "pro", START + DAY),
        ("9", "basic", START + MONTH + GRACE_MS),
    }


def test_an_invoice_that_names_no_contract_belongs_to_the_only_one_for_its_product() -> None:
    story = [PAID, invoice("paid", START, of=None), invoice("refunded", START + DAY, of=None)]
    assert ends(story) == START + DAY


@pytest.mark.parametrize("status", ["awaitingPayment", "late", "canceled"])
def test_a_greater_plan_that_nobody_has_paid_yet_is_not_opened(status: str) -> None:
    basic = contract("upToDate", START, START + MONTH, product="55")
    asked = contract(status, START + DAY, START + MONTH, when_late=False)
    bought = invoice("paid", START, product="55")
    for story in ([basic, asked], [basic, bought, asked], [bought, asked]):
        assert after(story)[0].plan == "basic", story
    assert after([basic, asked, invoice("paid", START + 2 * DAY, name="2")])[0].plan == "pro"
    paid = contract("upToDate", START + 2 * DAY, START + MONTH)
    assert after([basic, asked, paid])[0].plan == "pro"


def test_a_version_that_names_no_product_is_of_what_was_bought_before() -> None:
    data = eduzz_contract("canceled", START + DAY, next_due=START + MONTH)
    data["products"] = []
    assert ends([PAID, eduzz("contract_updated", data)]) == START + MONTH


def test_a_contract_that_is_now_for_something_else_opens_nothing() -> None:
    assert after([PAID, contract("upToDate", START + DAY, START + MONTH, product="shirt")]) == []


def test_two_contracts_for_one_product_are_over_once_all_their_payments_were_taken_back() -> None:
    both = [PAID, contract("upToDate", START + DAY, START + MONTH, contract="9")]
    paid = [invoice("paid", START, of=None), invoice("paid", START + DAY, name="2", of=None)]
    back = [
        invoice("refunded", START + 3 * DAY, of=None),
        invoice("refunded", START + 5 * DAY, name="2", of=None),
    ]
    for number, story in enumerate([[*both, *paid, *back], [*back, *paid, *both]]):
        found = after(story)
        assert {one.ends_at for one in found} == {START + 5 * DAY}, number
    one_left = after([*both, *paid, back[0]])
    assert min(one.ends_at or 0 for one in one_left) >= START + MONTH


def test_of_several_products_the_highest_plan_counts() -> None:
    data = eduzz_contract("upToDate", START, next_due=START + MONTH, product="55")
    data["products"].append({"id": PRODUCT})
    assert after([eduzz("contract_updated", data)])[0].plan == "pro"


def test_stripe_ends_late_subscriptions_three_days_into_the_time_nobody_paid() -> None:
    first = stripe_subscription("active", START, START + MONTH)
    renewed = stripe_subscription("active", START + MONTH, START + 2 * MONTH)
    due = stripe_subscription("past_due", START + MONTH, START + 2 * MONTH)
    name = "customer.subscription.updated"
    story = [
        stripe("invoice.paid", stripe_invoice(START, START + MONTH)),
        stripe(name, first),
        stripe(name, renewed, created=START + MONTH),
        stripe(name, due, created=START + MONTH + 3_600_000),
    ]
    assert ends(story, STRIPE) == START + MONTH + GRACE_MS
    again = stripe_invoice(START + MONTH + DAY, START + 2 * MONTH, invoice="in_2")
    back = stripe(name, renewed, created=START + MONTH + DAY)
    assert (
        ends([*story, stripe("invoice.paid", again), back], STRIPE) == START + 2 * MONTH + GRACE_MS
    )


def test_of_two_versions_of_one_second_the_further_one_holds() -> None:
    waiting, active = (
        stripe("customer.subscription.updated", stripe_subscription(status, START, START + MONTH))
        for status in ("incomplete", "active")
    )
    assert after([waiting, active], STRIPE) == after([active, waiting], STRIPE)
    assert after([active, waiting], STRIPE)[0].state == "active"


# A life: what happens each month, told in the order in which it happened.
MONTHS = some.lists(
    some.sampled_from(["pay", "late", "pay and refund", "cancel", "suspend", "wait"]), max_size=8
)


def told(life: list[str]) -> tuple[list[bytes], int | None]:
    """Return the bodies of a life, and when it ends: reckoned month by month, apart from core."""
    bodies: list[bytes] = []
    end: int | None = None
    for number, what in enumerate(life):
        at = START + number * MONTH
        due = at + MONTH
        if what in ("pay", "pay and refund"):
            bodies.append(invoice("paid", at, name=str(number)))
            bodies.append(contract("upToDate", at, due))
            end = due + GRACE_MS
        if what == "pay and refund":
            bodies.append(invoice("refunded", at + 2 * DAY, name=str(number)))
            end = at + 2 * DAY
        if end is None:
            status = {"late": "late", "cancel": "canceled", "suspend": "suspended"}.get(what)
            bodies += [contract(status, at + DAY, due)] if status else []
            continue
        refunded = bodies and b"invoice_refunded" in bodies[-1]
        if what == "late":
            bodies.append(contract("late", at + DAY, due, when_late=True))
            end = min(end, at + DAY) if _closed(bodies) else at + DAY
        elif what == "suspend":
            bodies.append(contract("suspended", at + DAY, due))
            end = min(end, at + DAY) if _closed(bodies) else at + DAY
        elif what == "cancel":
            bodies.append(contract("canceled", at + DAY, due))
            paid_to = max(
                START + (n + 1) * MONTH for n, w in enumerate(life[:number]) if "pay" in w
            )
            end = min(end, paid_to) if _closed(bodies) else paid_to
        elif what == "wait" and not refunded:
            bodies.append(contract("awaitingPayment", at + DAY, due))
            paid_to = max(
                START + (n + 1) * MONTH for n, w in enumerate(life[:number]) if "pay" in w
            )
            end = min(end, paid_to + GRACE_MS) if _closed(bodies) else paid_to + GRACE_MS
    return bodies, end


def _closed(bodies: list[bytes]) -> bool:
    steps = [body for body in bodies if b"invoice_" in body]
    return bool(steps) and b"invoice_refunded" in steps[-1]


@settings(max_examples=300)
@given(life=MONTHS, seed=some.integers())
def test_any_order_and_repetition_of_a_life_ends_as_it_was_lived(
    life: list[str], seed: int
) -> None:
    bodies, end = told(life)
    dice = random.Random(seed)
    mixed = bodies + dice.choices(bodies, k=len(bodies)) if bodies else []
    dice.shuffle(mixed)
    found = after(mixed)
    assert found == after(bodies)
    assert [one.ends_at for one in found] == ([] if end is None else [end])
