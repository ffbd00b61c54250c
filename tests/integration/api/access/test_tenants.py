"""Two accounts, every route, every role: nobody is told anything of another's, or changes it."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import pytest
from sqlalchemy import or_, select

from api.app import Application
from core.clock.times import format_time, now_ms
from core.mail.mails import MailKind
from storage.access.access_keys import FEEDER, READER, SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.database import writing
from storage.mail.claims import Purpose
from storage.sales.sales_tables import contracts
from storage.stores import Stores
from storage.tables import metadata
from tests.integration.api.conftest import Api
from tests.route_table import WEBSOCKET, parameters, path_of, routes

# Ends the key that calls it.
REPLACES = "/api/account/regenerate-key"
# Words in the name of a parameter that may mean somebody.
WHOSE = ("account", "key", "user", "email", "exec", "ticket", "terminal", "event", "id", "before",
         "cursor", "login", "server", "name", "q")  # fmt: skip


class Tenant:
    """An account with everything that an account may have, all of it named after it."""

    def __init__(self, stores: Stores, name: str, number: int) -> None:
        self.name, self.ticket, self.login = name, 77_000_000 + number, 55_000_000 + number
        self.email = f"{name}@{name}.example"
        told = NewAccount(
            user_name=f"{name} Silva", email=self.email, notes=f"{name} pays",
            rate_limit_per_min=1_000_000,
        )  # fmt: skip
        self.id = stores.accounts.create(told, "pro").id
        self.plain, self.key = stores.keys.create(SUBSCRIBER, f"{name} key", account_id=self.id)
        self.claim = stores.claims.make(self.id, Purpose.CLAIM)
        stores.outbox.add(self.id, MailKind.CHANGED, f"{name} mail", {"old": self.email})
        self.contract, kept = f"{name}-contract", {"id": f"{name}-contract"}
        with writing(stores.engine) as connection:
            row = {"provider": "eduzz", "id": self.contract, "account_id": self.id, "kept": kept}
            connection.execute(contracts.insert().values(row))
        self.exec_id = 0

    @property
    def headers(self) -> dict[str, str]:
        """What its robots send."""
        return {"X-API-Key": self.plain}

    @property
    def terminal(self) -> dict[str, Any]:
        """Its terminal."""
        return {"login": self.login, "server": f"{self.name}-Live"}

    def report(self, **more: Any) -> dict[str, Any]:
        """Return what its robot reports of its position."""
        opened = format_time((now_ms() // 1_000 - 600) * 1_000)
        told = {"ticket": self.ticket, "symbol": "EURUSD", "timeframe": "H1", "signal": "BUY",
                "opened_at": opened, "entry_price": 1.08, "account": self.terminal}  # fmt: skip
        return told | more

    @property
    def ids(self) -> list[str]:
        """By what it, and what it has, could be asked for."""
        terminal = f"{self.name}-Live:{self.login}"
        named = (self.id, self.key.number, self.key.id, self.exec_id, self.ticket, self.contract)
        return [str(one) for one in (*named, self.email, terminal, self.login)]

    @property
    def marks(self) -> list[str]:
        """What no other may ever be told."""
        secret = self.plain.split("_")[2]
        told = (self.name, self.ticket, self.login, self.key.id, self.key.hint, secret)
        return [str(one) for one in (*told, self.claim.token)]


def held(stores: Stores, whose: Tenant) -> dict[str, list[Any]]:
    """Return all rows of an account, of whichever tables there are."""
    found = {}
    with stores.engine.connect() as connection:
        for table in metadata.sorted_tables:
            names = [table.c[name] for name in ("account_id",) if name in table.c]
            names += [table.c.id] if table.name == "accounts" else []
            if names:
                mine = select(table).where(or_(*(name == whose.id for name in names)))
                found[table.name] = connection.execute(mine).all()
    return found


@pytest.fixture
async def two(api: Api, stores: Stores) -> tuple[Tenant, Tenant]:
    """Two accounts whose robots have reported a position each, with a terminal of its own."""
    both = Tenant(stores, "anastasia", 1), Tenant(stores, "bartolomeu", 2)
    for one in both:
        body = one.report(volume=1.0)
        answer = await api.bare("POST", "/api/executions", headers=one.headers, json=body)
        assert answer.status_code == 201
        one.exec_id = answer.json["exec_id"]
        beat = {"version": f"{one.name}-1", "platform": "mt5", "account": one.terminal}
        answer = await api.bare("POST", "/api/ea/heartbeat", headers=one.headers, json=beat)
        assert answer.status_code == 200
    return both


def calls(
    app: Application, document: dict[str, Any], other: Tenant
) -> Iterator[tuple[str, str, Any]]:
    """Yield method, path and query of every route, with all that another's things go by."""
    for method, template in routes(app):
        if method == WEBSOCKET or template == REPLACES:
            continue
        names = [name for name in parameters(document, method, template) if _means_one(name)]
        yield method, path_of(template, {}), {}
        for one in other.ids:
            name = one.replace("/", "%2F").replace(":", "%3A").replace("@", "%40")
            if "{" in template:
                yield method, path_of(template, _Any(name)), {}
            for parameter in names:
                yield method, path_of(template, _Any(name)), {parameter: one}


class _Any(dict[str, str]):
    """The same for every name."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self._value = value

    def get(self, name: str, default: Any = None) -> Any:
        return self._value


def _means_one(name: str) -> bool:
    return any(word == part for word, part in product(WHOSE, name.split("_")))


def caller(stores: Stores, role: str, first: Tenant) -> dict[str, str]:
    """Return headers of a role: those of the first account where it is a subscriber's."""
    if role == SUBSCRIBER:
        return first.headers
    scopes = ["ingest:mt5"] if role == FEEDER else []
    return {"X-API-Key": stores.keys.create(role, "other", scopes=scopes)[0]}


@pytest.mark.parametrize("role", [SUBSCRIBER, READER, FEEDER, "nobody"])
async def test_no_route_tells_or_changes_what_is_another_account_s(
    api: Api, app: Application, stores: Stores, two: tuple[Tenant, Tenant], role: str
) -> None:
    first, second = two
    headers = {} if role == "nobody" else caller(stores, role, first)
    headers |= {"Prefer": "respond-async"}
    document = msgspec.json.decode((await api.bare("GET", "/openapi.json")).content)
    before = held(stores, second)
    assert {"accounts", "entitlements", "access_keys", "executions", "mails"} <= before.keys()
    tried = 0
    for method, path, query in calls(app, document, second):
        body = {} if method in ("GET", "HEAD") else {"json": _body(second)}
        answer = await api.bare(method, path, headers=headers, params=query, **body)
        tried += 1
        assert answer.status_code not in (429, 500), (method, path, answer.text)
        told = f"{answer.text} {dict(answer.headers)}".lower()
        for mark in second.marks:
            asked = mark in f"{path} {query}"
            assert asked or mark.lower() not in told, (method, path, query, mark)
    assert tried > 300
    assert held(stores, second) == before


def _body(other: Tenant) -> dict[str, Any]:
    """Return a body that names another's account and key."""
    return {"account_id": other.id, "key_id": other.key.number, "email": other.email}


async def test_the_marks_are_told_to_whom_they_belong(api: Api, two: tuple[Tenant, Tenant]) -> None:
    for one in two:
        me = await api.bare("GET", "/api/account/me", headers=one.headers)
        rows = await api.bare("GET", "/api/account/executions", headers=one.headers)
        assert one.name in me.text
        assert str(one.ticket) in rows.text
    every = await api("GET", "/api/account/executions")
    assert all(str(one.ticket) in every.text for one in two)


async def test_a_report_of_another_s_ticket_is_a_position_of_its_own(
    api: Api, stores: Stores, two: tuple[Tenant, Tenant]
) -> None:
    first, second = two
    before = held(stores, second)
    closing = second.report(closed_at=format_time(now_ms()), exit_price=2.0, pnl=99.0, result="TP")
    answer = await api.bare("POST", "/api/executions", headers=first.headers, json=closing)
    assert answer.json["action"] == "created"
    assert answer.json["exec_id"] != second.exec_id
    assert held(stores, second) == before
