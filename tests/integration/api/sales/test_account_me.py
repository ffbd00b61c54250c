"""What a key is told of itself: the fields of the source, and more."""

import pytest

from core.clock.times import now_ms
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tasks.sales.apply_webhooks import WebhookApplier
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import terminals_of
from tests.payments import DAY, eduzz, eduzz_contract, sign

PATH = "/api/account/me"
SOURCE = {
    "plan_tier", "user_name", "email", "expires_at", "days_remaining", "symbols_allowed",
    "tfs_allowed", "rate_limit_per_min", "last_seen_at", "ea_status", "api_key_hint",
    "is_owner_env", "created_at",
}  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "symbols", "lengths"),
    [("basic", ["EURUSD", "GBPUSD", "XAUUSD"], ["H1", "H4"]), ("pro", None, None)],
)
async def test_a_subscriber_sees_plan_limits_and_presence(
    api: Api, stores: Stores, tier: str, symbols: list[str] | None, lengths: list[str] | None
) -> None:
    told = NewAccount(user_name="João", email="joao@example.com")
    account = stores.accounts.create(told, tier, now_ms() + 30 * DAY + 60_000)
    plain, key = stores.keys.create("subscriber", "João", account_id=account.id)
    headers = {"X-API-Key": plain}
    me = (await api.bare("GET", PATH, headers=headers)).json
    assert me.keys() >= SOURCE, me
    assert (me["plan_tier"], me["symbols_allowed"], me["tfs_allowed"]) == (tier, symbols, lengths)
    assert (me["user_name"], me["email"]) == ("João", "joao@example.com")
    assert (me["days_remaining"], me["rate_limit_per_min"]) == (30, 300)
    assert (me["key_id"], me["api_key_hint"], me["is_owner_env"]) == (key.number, key.hint, False)
    assert me["subscription"] == {"state": "manual", "renews_at": None}
    # Looking at one's account is no sign of a robot.
    assert me["ea_status"] == {
        "status": "never",
        "label": "Never seen",
        "online": False,
        "mins_since": None,
    }
    assert (await api.bare("GET", "/api/scan", headers=headers)).status_code == 200
    assert await terminals_of(stores, account.id)
    me = (await api.bare("GET", PATH, headers=headers)).json
    assert (me["ea_status"]["status"], me["ea_status"]["online"]) == ("online", True)
    assert me["last_seen_at"].endswith("Z")
    assert plain not in str(me)


async def test_a_buyer_sees_when_the_plan_is_renewed(
    api: Api, stores: Stores, applier: WebhookApplier
) -> None:
    now = now_ms()
    body = eduzz("contract_updated", eduzz_contract("upToDate", now, next_due=now + 31 * DAY))
    await api.bare("POST", "/webhooks/eduzz", body=body, headers={"x-signature": sign(body)})
    applier.run()
    [account] = stores.accounts.list()
    plain, _ = stores.keys.create("subscriber", "x", account_id=account.id)
    me = (await api.bare("GET", PATH, headers={"X-API-Key": plain})).json
    assert me["subscription"]["state"] == "active"
    assert me["subscription"]["renews_at"] == me["expires_at"]


async def test_the_owner_is_one_without_an_account(api: Api) -> None:
    me = (await api("GET", PATH)).json
    assert (me["plan_tier"], me["email"], me["expires_at"], me["subscription"]) == (
        "owner",
        None,
        None,
        None,
    )
