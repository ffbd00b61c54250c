"""The operator's routes: closed to all but the secret, noted, and what they do."""

from typing import Any

import pytest
from falcon.testing import ASGIConductor, Result
from sqlalchemy import select

from api.app import Application
from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from core.mail.mails import MailKind
from core.settings import Settings, WrongSetting, read_settings
from storage.sales.sales_tables import admin_audit
from storage.stores import Stores
from storage.tables import metadata
from tasks.sales.apply_webhooks import WebhookApplier
from tests.integration.api.conftest import Api
from tests.integration.api.sales.conftest import ADMIN_SECRET, OLD_ADMIN_SECRET
from tests.payments import DAY, eduzz, eduzz_contract, sign
from tests.route_table import path_of, routes

BUYER = {"user_name": "João", "email": "joao@example.com", "plan_tier": "pro"}


class Admin:
    """Calls the operator's routes with a secret."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(
        self, method: str, path: str, secret: str = ADMIN_SECRET, **more: Any
    ) -> Result:
        """Send one request."""
        headers = {"X-Admin-Secret": secret}
        return await self._api.bare(method, f"/admin{path}", headers=headers, **more)


@pytest.fixture
def admin(api: Api) -> Admin:
    """The operator."""
    return Admin(api)


async def scan(api: Api, plain: str) -> Result:
    """Ask as a robot does."""
    return await api.bare("GET", "/api/scan", headers={"X-API-Key": plain})


async def test_every_admin_route_is_closed_to_keys_and_to_wrong_secrets(
    api: Api, app: Application, stores: Stores, key: str
) -> None:
    tried = [(m, t) for m, t in routes(app) if t.startswith("/admin/")]
    assert len(tried) > 8
    # An owner reads this one: tests/integration/api/robots/service/test_monitoring.py.
    tried.remove(("GET", "/admin/monitoring-data"))
    for number, (method, template) in enumerate(tried):
        for headers in ({}, {"X-API-Key": key}, {"X-Admin-Secret": ADMIN_SECRET[:-1]}):
            address = f"10.0.0.{number}"
            answer = await api.bare(
                method, path_of(template, {}), headers=headers, remote_addr=address
            )
            assert answer.status_code == 401, (method, template)
    unknown = await api.bare("GET", "/admin/none", headers={"X-API-Key": key})
    assert unknown.status_code == 401


@pytest.mark.parametrize("secret", [ADMIN_SECRET, OLD_ADMIN_SECRET])
async def test_both_live_secrets_open(admin: Admin, secret: str) -> None:
    answer = await admin("GET", "/keys", secret)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


async def test_the_admin_secret_opens_nothing_else(api: Api) -> None:
    headers = {"X-Admin-Secret": ADMIN_SECRET}
    for path in ("/tasks", "/api/scan", "/administration"):
        answer = await api.bare("GET", path, headers=headers)
        assert answer.status_code == 401, path


async def test_ten_wrong_secrets_a_minute_are_enough(admin: Admin, stores: Stores) -> None:
    codes = [(await admin("GET", "/keys", "wrong")).status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2


async def test_every_call_is_noted_with_its_answer_and_no_secret(
    admin: Admin, stores: Stores
) -> None:
    await admin("GET", "/keys?q=someone")
    await admin("DELETE", "/keys/99", OLD_ADMIN_SECRET)
    await admin("GET", "/mails", "wrong")
    column = admin_audit.c
    noted = select(column.method, column.path, column.secret, column.status)
    with stores.engine.connect() as connection:
        rows = connection.execute(noted.order_by(column.number)).all()
    assert rows == [
        ("GET", "/admin/keys", "current", 200),
        ("DELETE", "/admin/keys/99", "old", 404),
        ("GET", "/admin/mails", "wrong", 401),
    ]


@pytest.mark.parametrize("secret", ["short", "x" * 31])
def test_a_short_secret_refuses_to_start(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("TICKCAST_ADMIN_SECRET", secret)
    with pytest.raises(WrongSetting, match="ADMIN_SECRET") as refused:
        read_settings()
    assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://signals.example.com"),
        ("SMTP_URL", "mail.example.com"),
        ("MAIL_FROM", "a@b@c"),
        ("EDUZZ_SECRETS", "a,b,c"),
        ("EDUZZ_PRODUCTS", '{"1": {"plan": "owner"}}'),
        ("EDUZZ_PRODUCTS", '{"1": {"plan": "pro", "days": 0}}'),
        ("SMTP_URL", "smtp://mail.example.com"),
    ],
)
def test_settings_that_cannot_work_refuse_to_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TICKCAST_{name}", value)
    with pytest.raises(WrongSetting, match=name):
        read_settings()


async def test_a_key_is_made_shown_once_and_listed_masked(
    api: Api, admin: Admin, stores: Stores
) -> None:
    body = BUYER | {"expires_at": "2090-01-01T00:00:00Z", "notes": "by hand"}
    made = await admin("POST", "/keys", json=body)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    plain = made.json["api_key"]
    assert made.json["_ea_config"] == {
        "InpApiUrl": "https://signals.example.com",
        "InpApiKey": plain,
    }
    assert (await scan(api, plain)).status_code == 200
    listed = await admin("GET", "/keys")
    assert plain not in listed.text
    [shown] = listed.json["keys"]
    assert (shown["key_id"], shown["user_name"], shown["plan_tier"], shown["active"]) == (
        made.json["key_id"],
        "João",
        "pro",
        True,
    )
    assert (shown["expires_at"], shown["source"]) == ("2090-01-01T00:00:00Z", "admin")
    assert stores.outbox.list() == []


async def test_an_address_has_one_account_and_more_keys_only_if_asked(admin: Admin) -> None:
    first = await admin("POST", "/keys", json=BUYER)
    assert (await admin("POST", "/keys", json=BUYER)).status_code == 409
    second = await admin("POST", "/keys?add=true", json=BUYER)
    assert second.status_code == 201
    assert second.json["account_id"] == first.json["account_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"plan_tier": "owner"},
        {"email": "no address"},
        {"locale": "xx"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"tfs_allowed": ["H9"]},
        {"admin": True},
    ],
)
async def test_what_cannot_be_is_refused(admin: Admin, change: dict[str, Any]) -> None:
    assert (await admin("POST", "/keys", json=BUYER | change)).status_code == 422


async def test_a_key_may_be_mailed_for_by_a_link(admin: Admin, stores: Stores) -> None:
    await admin("POST", "/keys", json=BUYER | {"send_mail": True})
    assert [mail.kind for mail in stores.outbox.list()] == [MailKind.CLAIM]


async def test_keys_are_found_by_name_and_state(api: Api, admin: Admin) -> None:
    for name in ("Ana_1", "Anax1", "Bia"):
        await admin("POST", "/keys", json={"user_name": name, "plan_tier": "basic"})
    await admin(
        "DELETE", "/keys/" + str((await admin("GET", "/keys?q=bia")).json["keys"][0]["key_id"])
    )

    async def names(query: str) -> list[str]:
        listed = (await admin("GET", f"/keys?{query}")).json
        return [shown["user_name"] for shown in listed["keys"]]

    assert await names("q=ana_") == ["Ana_1"]
    assert await names("active=true") == ["Anax1", "Ana_1"]
    assert await names("active=false") == ["Bia"]
    assert await names("limit=1&offset=1") == ["Anax1"]
    assert (await admin("GET", "/keys?limit=1")).json["total"] == 3


async def test_a_revoked_key_opens_nothing_and_twice_is_the_same(api: Api, admin: Admin) -> None:
    made = (await admin("POST", "/keys", json=BUYER)).json
    first = await admin("DELETE", f"/keys/{made['key_id']}")
    assert (await admin("DELETE", f"/keys/{made['key_id']}")).json == first.json
    assert first.json["active"] is False
    assert (await scan(api, made["api_key"])).json["error"] == "key_revoked"


async def test_the_operators_own_keys_are_not_revoked_from_afar(
    admin: Admin, stores: Stores, key: str
) -> None:
    own = stores.keys.find(key)
    assert own is not None
    assert (await admin("DELETE", f"/keys/{own.number}")).status_code == 404
    assert stores.keys.find(key) is not None


@pytest.mark.parametrize("number", ["none", "-1", "²", "9" * 20, "9" * 5_000])
@pytest.mark.parametrize("path", ["/keys", "/accounts"])
async def test_what_is_no_number_of_anything_is_not_found(
    admin: Admin, path: str, number: str
) -> None:
    assert (await admin("DELETE", f"{path}/{number}")).status_code == 404


async def test_an_account_changes_and_both_addresses_are_told(
    api: Api, admin: Admin, stores: Stores
) -> None:
    made = (await admin("POST", "/keys", json=BUYER)).json
    path = f"/accounts/{made['account_id']}"
    change = {"email": "New@Example.com", "plan_tier": "basic", "tfs_allowed": ["H1"], "notes": "x"}
    changed = await admin("PATCH", path, json=change)
    assert changed.status_code == 200
    assert (changed.json["email"], changed.json["plan_tier"], changed.json["tfs_allowed"]) == (
        "new@example.com",
        "basic",
        ["H1"],
    )
    told = {mail.facts["to"] for mail in stores.outbox.list()}
    assert told == {"joao@example.com", "new@example.com"}
    assert (await scan(api, made["api_key"])).json["plan_tier"] == "basic"
    assert (await admin("PATCH", path, json={"email": "x"})).status_code == 422
    other = (await admin("POST", "/keys", json=BUYER)).json["account_id"]
    taken = await admin("PATCH", f"/accounts/{other}", json={"email": "new@example.com"})
    assert taken.status_code == 409


async def test_a_change_is_made_whole_or_not_at_all(admin: Admin, stores: Stores) -> None:
    made = (await admin("POST", "/keys", json=BUYER)).json
    path = f"/accounts/{made['account_id']}"
    before = (await admin("GET", path)).json
    past = "2020-01-01T00:00:00Z"
    for change in (
        {"notes": "x", "plan_tier": "basic", "expires_at": past},
        {"notes": "x", "expires_at": "2090-01-01T00:00:00Z"},
        {"notes": "x", "expires_at": None},
        {"notes": "x", "plan_tier": "owner"},
        {"user_name": "x", "email": "no address"},
    ):
        assert (await admin("PATCH", path, json=change)).status_code == 422, change
    assert (await admin("GET", path)).json == before
    assert (await admin("PATCH", path, json={})).json == before
    await admin("DELETE", path)
    for change in ({"plan_tier": "pro"}, {"notes": "x"}, {}):
        assert (await admin("PATCH", path, json=change)).status_code == 409, change
    assert (await admin("GET", path)).json["plan_tier"] is None


async def test_accounts_are_listed_by_name_and_plan_the_newest_first(admin: Admin) -> None:
    empty = {"count": 0, "total": 0, "accounts": []}
    assert (await admin("GET", "/accounts")).json == empty
    for name, mail in (("Ana_1", "ana@x.example"), ("Anax1", None), ("Bia", "bia@x.example")):
        body = {"user_name": name, "email": mail, "plan_tier": "basic"}
        await admin("POST", "/keys", json=body)
    await admin("DELETE", "/accounts/2")

    async def numbers(query: str) -> list[int]:
        listed = (await admin("GET", f"/accounts?{query}")).json
        assert listed["count"] == len(listed["accounts"])
        return [shown["account_id"] for shown in listed["accounts"]]

    assert await numbers("") == [3, 2, 1]
    assert await numbers("q=ana_") == [1]
    assert await numbers("q=X.EXAMPLE") == [3, 1]
    assert await numbers("active=true") == [3, 1]
    assert await numbers("active=false") == [2]
    assert await numbers("limit=1&offset=1") == [2]
    listed = (await admin("GET", "/accounts?limit=1")).json
    assert listed["total"] == 3
    assert listed["accounts"] == [(await admin("GET", "/accounts/3")).json]
    for query in ("limit=0", "limit=501", "offset=-1", "active=maybe", "plan=pro"):
        assert (await admin("GET", f"/accounts?{query}")).status_code == 422, query


async def test_a_claim_link_is_handed_over_by_the_operator(api: Api, admin: Admin) -> None:
    made = (await admin("POST", "/keys", json=BUYER)).json
    link = (await admin("POST", f"/accounts/{made['account_id']}/claim-link")).json
    address, token = link["url"].split("#")
    assert address == "https://signals.example.com/app/claim"
    claimed = await api.bare("POST", "/account/claim", json={"token": token})
    assert claimed.status_code == 200
    assert (await admin("POST", "/accounts/99/claim-link")).status_code == 404


async def test_a_closed_account_is_nameless_everywhere_and_its_keys_open_nothing(
    api: Api, admin: Admin, stores: Stores, applier: WebhookApplier
) -> None:
    now = now_ms()
    data = eduzz_contract("upToDate", now - 1_000, next_due=now + 31 * DAY, email="ana@example.com")
    body = eduzz("contract_updated", data, sent=now)
    await api.bare("POST", "/webhooks/eduzz", body=body, headers={"x-signature": sign(body)})
    applier.run()
    [account] = stores.accounts.list()
    plain, _ = stores.keys.create("subscriber", "Ana Lima", account_id=account.id)
    token = stores.claims.make(account.id, "claim").token
    closed = await admin("DELETE", f"/accounts/{account.id}")
    assert closed.json["ok"] is True
    assert (await admin("DELETE", f"/accounts/{account.id}")).json == closed.json
    assert (await scan(api, plain)).status_code == 401
    assert (await api.bare("POST", "/account/claim", json={"token": token})).status_code == 409
    with stores.engine.connect() as connection:
        tables = [connection.execute(select(table)).all() for table in metadata.sorted_tables]
    for name in ("ana@example.com", "Ana Lima"):
        assert name not in str(tables)


async def test_events_are_listed_by_state_and_tried_again(
    api: Api, admin: Admin, stores: Stores, applier: WebhookApplier
) -> None:
    data = eduzz_contract("upToDate", now_ms() - 1_000, product="unknown")
    body = eduzz("contract_updated", data, event_id="e9")
    await api.bare("POST", "/webhooks/eduzz", body=body, headers={"x-signature": sign(body)})
    applier.run()
    listed = (await admin("GET", "/webhooks?state=unmatched")).json
    assert listed["counts"]["unmatched"] == 1
    [shown] = listed["webhooks"]
    assert (shown["event_id"], "unknown" in shown["error"]) == ("e9", True)
    assert "ana@example.com" not in str(listed)
    again = await admin("POST", "/webhooks/e9/retry")
    assert again.json["state"] == "accepted"
    assert applier.run() == 1
    assert (await admin("POST", "/webhooks/none/retry")).status_code == 404
    assert (await admin("GET", "/webhooks?state=strange")).status_code == 422


async def test_without_a_mail_server_the_operator_sees_what_waits(
    admin: Admin, stores: Stores
) -> None:
    made = (await admin("POST", "/keys", json=BUYER | {"send_mail": True})).json
    [mail] = (await admin("GET", "/mails")).json["mails"]
    assert (mail["kind"], mail["state"]) == ("claim", "no_mail_server")
    assert mail["account_id"] == made["account_id"]
    assert "joao" not in str(mail)


async def test_without_a_secret_all_of_it_is_closed(
    stores: Stores, redis_settings: Settings, app_of: Any
) -> None:
    async with ASGIConductor(app_of(redis_settings)) as conductor:
        for headers in ({}, {"X-Admin-Secret": ""}, {"X-Admin-Secret": ADMIN_SECRET}):
            answer = await conductor.simulate_request("GET", "/admin/keys", headers=headers)
            assert (answer.status_code, answer.json["error"]) == (403, "forbidden")
        owner = {"X-API-Key": stores.keys.create("owner", "test")[0]}
        watched = await conductor.simulate_request("GET", "/admin/monitoring-data", headers=owner)
        assert watched.status_code == 200


async def test_lists_of_what_may_be_seen_take_the_names_that_people_say(
    admin: Admin, stores: Stores
) -> None:
    stores.slots.offer(
        [ForecastTarget(*slot, 6, "barrier_signals") for slot in (("mt5", "EURUSD", 3_600),
                                                                  ("coinbase", "BTC-USD", 3_600))]
    )  # fmt: skip
    said = {"symbols_allowed": ["eurusd", "btc/usd", "usdjpy", "US500.cash"], "tfs_allowed": ["h1"]}
    made = (await admin("POST", "/keys", json=BUYER | said)).json
    shown = (await admin("GET", f"/accounts/{made['account_id']}")).json
    assert shown["symbols_allowed"] == ["EURUSD", "BTC-USD", "USDJPY", "US500.cash"]
    assert shown["tfs_allowed"] == ["H1"]
    path = f"/accounts/{made['account_id']}"
    changed = await admin("PATCH", path, json={"symbols_allowed": ["eur/usd"]})
    assert changed.json["symbols_allowed"] == ["EURUSD"]
