"""Eduzz: what is signed, and what each event says of contracts and invoices."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.clock.times import format_time
from core.errors import MalformedRequest
from core.payments.eduzz import identify, is_probe, read, verify
from core.payments.events import ContractEvent, ForeignProducer, InvoiceEvent, UnreadableEvent
from tests.payments import DAY, PRODUCT, SECRET, START, eduzz, eduzz_contract, eduzz_invoice, sign

BODY = eduzz("invoice_paid", eduzz_invoice("paid", START))
# Of the table of the contract; those in between say nothing.
IGNORED = (
    "invoice_opened",
    "invoice_expired",
    "invoice_overdue",
    "invoice_refused",
    "invoice_recovering",
    "invoice_scheduled",
    "invoice_waiting_payment",
    "invoice_unpaid",
    "invoice_paid_later",
    "commission_processed",
    "cart_abandonment",
)


@pytest.mark.parametrize("secret", ["new secret", "old secret"])
def test_a_body_signed_with_either_live_secret_is_taken(secret: str) -> None:
    headers = {"x-signature": sign(BODY, secret)}
    assert verify(headers, BODY, ["new secret", "old secret"], START)


@given(place=some.integers(0, len(BODY) - 1), byte=some.integers(1, 255))
def test_a_body_changed_by_one_byte_is_refused(place: int, byte: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= byte
    assert not verify({"x-signature": sign(BODY)}, bytes(changed), [SECRET], START)


@given(some.text())
def test_no_other_signature_is_taken(signature: str) -> None:
    assert not verify({"x-signature": signature}, BODY, [SECRET], START)


@pytest.mark.parametrize("headers", [{}, {"x-signature": ""}, {"x-hub-signature": sign(BODY)}])
def test_an_unsigned_body_is_refused(headers: dict[str, str]) -> None:
    assert not verify(headers, BODY, [SECRET], START)


def test_without_a_secret_nothing_is_taken() -> None:
    assert not verify({"x-signature": sign(BODY, "")}, BODY, [], START)


def test_a_retry_of_seven_days_ago_is_taken() -> None:
    assert verify({"x-signature": sign(BODY)}, BODY, [SECRET], START + 7 * DAY)


@pytest.mark.parametrize("flat", [False, True])
def test_both_documented_shapes_of_a_contract_say_the_same(flat: bool) -> None:
    data = eduzz_contract("upToDate", START + DAY, next_due=START + 31 * DAY)
    [event] = read(eduzz("contract_updated", data, flat=flat))
    assert event == ContractEvent(
        contract="3456",
        status="active",
        at=START + DAY,
        starts_at=START,
        paid_until=START + 31 * DAY,
        ends_when_late=True,
        products=(PRODUCT,),
        email="ana@example.com",
        name="Ana Lima",
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("upToDate", "active"),
        ("free", "active"),
        ("trial", "trial"),
        ("awaitingPayment", "waiting"),
        ("late", "late"),
        ("defaulter", "late"),
        ("canceled", "cancelled"),
        ("suspended", "suspended"),
        ("finished", "finished"),
    ],
)
@pytest.mark.parametrize(
    "name", ["contract_created", "contract_updated", "contract_status_updated"]
)
def test_a_contract_is_what_its_status_says_whatever_the_event_is_called(
    name: str, status: str, said: str
) -> None:
    [event] = read(eduzz(name, eduzz_contract(status, START)))
    assert isinstance(event, ContractEvent)
    assert event.status == said


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("invoice_paid", "paid"),
        ("invoice_refunded", "refunded"),
        ("invoice_chargeback", "refunded"),
        ("invoice_canceled", "cancelled"),
        ("invoice_waiting_refund", "noted"),
        ("invoice_negotiated", "noted"),
        ("invoice_negotiatied", "noted"),
    ],
)
def test_an_invoice_is_what_the_whole_name_of_the_event_says(name: str, step: str) -> None:
    [event] = read(eduzz(name, eduzz_invoice("x", START, contract="3456"), sent=START))
    assert isinstance(event, InvoiceEvent)
    assert (event.step, event.invoice, event.contract, event.at) == (step, "9001", "3456", START)


@pytest.mark.parametrize("name", IGNORED)
def test_other_events_say_nothing(name: str) -> None:
    assert read(eduzz(name, eduzz_invoice("open", START))) == []


def test_an_event_of_another_name_whose_invoice_is_partly_refunded_is_noted() -> None:
    [event] = read(eduzz("invoice_updated", eduzz_invoice("partialRefund", START)))
    assert (event.step, event.note) == ("noted", "partialRefund")


def test_who_learns_is_the_student_where_somebody_else_pays() -> None:
    data = eduzz_invoice("paid", START) | {"student": {"name": "Bia", "email": "bia@example.com"}}
    [event] = read(eduzz("invoice_paid", data))
    assert (event.email, event.name) == ("bia@example.com", "Bia")


def test_numbers_are_ids_too() -> None:
    data = json.loads(json.dumps(eduzz_invoice("paid", START)).replace('"9001"', "9001"))
    [event] = read(eduzz("invoice_paid", data))
    assert event.invoice == "9001"


def test_a_sale_of_another_producer_is_refused_where_ours_is_told() -> None:
    body = eduzz("contract_updated", eduzz_contract("upToDate", START))
    assert read(body, "77")
    with pytest.raises(ForeignProducer):
        read(body, "78")


@pytest.mark.parametrize(
    "data",
    [{}, {"id": "1", "items": "x"}, eduzz_invoice("paid", START) | {"paidAt": "yesterday"}],
)
def test_an_event_that_is_not_as_documented_is_said_to_be_so(data: dict[str, object]) -> None:
    with pytest.raises(UnreadableEvent):
        read(eduzz("invoice_paid", data))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event": 1}', b'{"event":"ping"}', b"\xff"])
def test_what_is_no_event_at_all_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        identify(body)


def test_an_event_goes_by_its_id_or_else_by_its_digest() -> None:
    body = eduzz("invoice_paid", {}, event_id="e1", sent=START + 5)
    assert identify(body) == ("e1", "myeduzz.invoice_paid", START + 5)
    bare = body.replace(b'"id": "e1", ', b"")
    assert identify(bare).event_id.startswith("sha256-")
    assert identify(bare) == identify(bare)


def test_an_event_whose_time_cannot_be_read_is_kept_and_applied_only_if_it_tells_another() -> None:
    at = format_time(START).encode()
    odd = eduzz("invoice_paid", eduzz_invoice("paid", START + DAY), event_id="e1", sent=START)
    odd = odd.replace(b'"sentDate": "' + at, b'"sentDate": "soon, ' + at)
    assert identify(odd).event_id == "e1"
    [event] = read(odd)
    assert event.at == START + DAY
    with pytest.raises(UnreadableEvent):
        read(odd.replace(b'"paidAt"', b'"other"'))
    # So is one that tells no time at all.
    untold = odd.replace(b'"sentDate"', b'"other"')
    assert identify(untold).sent_at == identify(odd).sent_at
    assert read(untold)[0].at == START + DAY


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ({"trialDays": 7}, START + 7 * DAY),
        ({"trialDays": "7"}, START + 7 * DAY),
        ({}, START),
        ({"trialDays": None}, START),
        ({"trialDays": 7, "recurrence": {"nextDue": format_time(START + DAY)}}, START + DAY),
    ],
)
def test_a_trial_ends_when_it_says_and_never_goes_on_for_ever(
    told: dict[str, object], until: int
) -> None:
    data = eduzz_contract("trial", START)
    data["contract"] |= told
    [event] = read(eduzz("contract_created", data))
    assert event.paid_until == until


def test_a_contract_without_a_next_due_date_lasts_until_it_finishes() -> None:
    told = {"finishes": START + 90 * DAY}
    [event] = read(eduzz("contract_updated", eduzz_contract("upToDate", START, **told)))
    assert event.paid_until == START + 90 * DAY


@pytest.mark.parametrize("status", [[], {}, 1, None])
def test_a_status_of_another_kind_is_no_fault_of_ours(status: object) -> None:
    assert read(eduzz("invoice_updated", eduzz_invoice("paid", START) | {"status": status})) == []


@pytest.mark.parametrize(
    ("body", "probe"), [(b'{"event":"ping"}', True), (BODY, False), (b"[" * 9_999, False)]
)
def test_only_a_ping_is_a_probe(body: bytes, probe: bool) -> None:
    assert is_probe(body) is probe
