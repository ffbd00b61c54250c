"""A first key: once, for whoever holds the link, and by POST only."""

import asyncio

import pytest

from core.clock.times import now_ms
from core.mail.mails import MailKind
from storage.accounts.accounts import NewAccount
from storage.mail.claims import ClaimStore
from storage.stores import Stores
from tasks.sales.resend_claim import resend_claim
from tests.integration.api.conftest import Api


@pytest.fixture
def account(stores: Stores) -> int:
    """An account with a plan and without a key."""
    told = NewAccount(user_name="Ana", email="ana@example.com")
    return stores.accounts.create(told, "pro").id


async def test_a_link_gives_one_key_that_opens(api: Api, stores: Stores, account: int) -> None:
    token = stores.claims.make(account, "claim").token
    answer = await api.bare("POST", "/account/claim", json={"token": token})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    plain = answer.json["api_key"]
    assert answer.json["plan_tier"] == "pro"
    assert answer.json["_ea_config"] == {
        "InpApiUrl": "https://signals.example.com",
        "InpApiKey": plain,
    }
    scan = await api.bare("GET", "/api/scan", headers={"X-API-Key": plain})
    assert (scan.status_code, scan.json["plan_tier"]) == (200, "pro")
    again = await api.bare("POST", "/account/claim", json={"token": token})
    assert again.status_code == 409
    assert len(stores.keys.of_account(account)) == 1


async def test_following_a_link_spends_nothing(api: Api, stores: Stores, account: int) -> None:
    token = stores.claims.make(account, "claim").token
    for _ in range(20):
        assert (await api.bare("GET", "/app/claim")).status_code == 200
        assert (await api.bare("GET", "/account/claim")).status_code == 405
    answer = await api.bare("POST", "/account/claim", json={"token": token})
    assert answer.status_code == 200


async def test_of_many_at_once_one_gets_the_key(api: Api, stores: Stores, account: int) -> None:
    token = stores.claims.make(account, "claim").token
    calls = (api.bare("POST", "/account/claim", json={"token": token}) for _ in range(20))
    codes = sorted(answer.status_code for answer in await asyncio.gather(*calls))
    assert codes == [200] + [409] * 19
    assert len(stores.keys.of_account(account)) == 1


@pytest.mark.parametrize(("purpose", "hours"), [("claim", 72), ("recover", 1)])
async def test_a_link_ends(
    api: Api, stores: Stores, account: int, purpose: str, hours: int
) -> None:
    past = ClaimStore(stores.engine, lambda: now_ms() - hours * 3_600_000)
    token = past.make(account, purpose).token
    answer = await api.bare("POST", "/account/claim", json={"token": token})
    assert answer.status_code == 409


async def test_a_link_to_recover_closes_all_other_keys(
    api: Api, stores: Stores, account: int
) -> None:
    old = [stores.keys.create("subscriber", "x", account_id=account)[0] for _ in range(2)]
    token = stores.claims.make(account, "recover").token
    answer = await api.bare("POST", "/account/claim", json={"token": token})
    for plain, status in (*((one, 401) for one in old), (answer.json["api_key"], 200)):
        scan = await api.bare("GET", "/api/scan", headers={"X-API-Key": plain})
        assert scan.status_code == status


async def test_a_token_that_never_was_is_not_found(api: Api) -> None:
    answer = await api.bare("POST", "/account/claim", json={"token": "x" * 43})
    assert answer.status_code == 404


async def test_another_link_may_be_asked_for_by_anybody_with_one_answer(
    api: Api, stores: Stores, account: int
) -> None:
    answers = [
        await api.bare("POST", "/account/claim/resend", json={"email": email})
        for email in ("ana@example.com", "nobody@example.com", "no address", "ana@example.com")
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1


def test_who_has_a_plan_is_sent_three_links_an_hour_of_the_kind_that_fits(
    stores: Stores, account: int
) -> None:
    def ask(email: str, number: int) -> bool:
        return resend_claim(stores.accounts, stores.keys, stores.outbox, email, number)

    assert ask("ANA@example.com ", 1)
    stores.keys.create("subscriber", "x", account_id=account)
    assert [ask("ana@example.com", number) for number in (2, 3, 4)] == [True, True, False]
    assert not ask("nobody@example.com", 5)
    kinds = [mail.kind for mail in reversed(stores.outbox.list())]
    assert kinds == [MailKind.CLAIM, MailKind.RECOVER, MailKind.RECOVER]


def test_who_has_no_plan_is_sent_nothing(stores: Stores, account: int) -> None:
    stores.accounts.end(account)
    assert not resend_claim(stores.accounts, stores.keys, stores.outbox, "ana@example.com", 1)


async def test_the_page_loads_nothing_from_elsewhere(api: Api) -> None:
    page = await api.bare("GET", "/app/claim")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "http" not in page.text
