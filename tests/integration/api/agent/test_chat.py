"""The agent over HTTP: what it may look up, for whom, and what is kept of it."""

import json
from typing import Any

import httpx
import pytest

from core.process.shared_counts import SharedCounts
from core.series import Series
from storage.access.access_keys import READER, SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.signals.conftest import GOLD, gold, keep, said  # noqa: F401

pytestmark = pytest.mark.clock
CHAT, PROXY, KEPT = "/api/v1/chat", "/api/chat", "/api/v1/conversations"
PRICE = "What is the price of XAUUSD?"


async def ask(api: Api, message: str, path: str = CHAT, **more: Any) -> Any:
    """Ask the agent, and return the whole answer."""
    answer = await api("POST", path, json={"message": message}, **more)
    assert answer.status_code == 200, answer.text
    return answer.json


async def test_a_number_is_that_of_the_route_and_leads_to_it(api: Api, gold: Series) -> None:  # noqa: F811
    told = (await api("GET", "/api/snapshot/XAUUSD")).json
    for path in (CHAT, PROXY):
        found = await ask(api, PRICE, path)
        assert (found["provider"], found["model"]) == ("builtin", "narrator-1")
        assert (found["degraded"], found["fallback"], found["comment"]) == (False, None, None)
        call = found["tool_calls"][0]
        assert (call["name"], call["ok"], call["arguments"]) == (
            "get_snapshot", True, {"symbol": "XAUUSD"},
        )  # fmt: skip
        price = next(one for one in found["citations"] if one["path"] == "last_price")
        assert (price["value"], price["tool_call"]) == (told["last_price"], call["id"])
        assert price["text"] in found["response"]
        assert (await api("GET", price["href"])).json["last_price"] == price["value"]


async def test_a_stream_tells_calls_and_whole_statements_and_ends_with_the_answer(
    web: httpx.AsyncClient,
    gold: Series,  # noqa: F811
) -> None:
    for asked in (
        {"json": {"message": PRICE, "stream": True}},
        {"json": {"message": PRICE}, "headers": {"Accept": "text/event-stream"}},
    ):
        answer = await web.post(CHAT, **asked)  # type: ignore[arg-type]
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [_event(part) for part in answer.text.split("\n\n") if part.strip()]
        names = [name for name, _ in events]
        assert (names[0], names[-1]) == ("tool_call", "done")
        lines = [told["text"] for name, told in events if name == "statement"]
        assert "\n".join(lines) == events[-1][1]["response"]
        assert events[-1][1]["conversation_id"]


def _event(part: str) -> tuple[str, Any]:
    lines = dict(line.split(": ", 1) for line in part.splitlines())
    return lines["event"], json.loads(lines["data"])


async def test_a_conversation_goes_on_is_read_and_is_forgotten(api: Api, gold: Series) -> None:  # noqa: F811
    first = await ask(api, PRICE)
    number = first["conversation_id"]
    again = await api("POST", CHAT, json={"message": "and bid?", "conversation_id": number})
    assert again.json["conversation_id"] == number
    other = await ask(api, "help")
    page = (await api("GET", f"{KEPT}?limit=1")).json
    rest = (await api("GET", f"{KEPT}?limit=1&cursor={page['next_cursor']}")).json
    assert [one["id"] for one in page["conversations"]] == [other["conversation_id"]]
    assert [one["id"] for one in rest["conversations"]] == [number]
    assert (rest["next_cursor"], rest["kept_days"]) == (None, 30)
    whole = (await api("GET", f"{KEPT}/{number}")).json
    assert [one["message"] for one in whole["messages"]] == [PRICE, "and bid?"]
    assert whole["messages"][0]["answer"] == first
    assert (await api("DELETE", f"{KEPT}/{number}")).json == {"deleted": 1}
    for method in ("GET", "DELETE"):
        assert (await api(method, f"{KEPT}/{number}")).status_code == 404
    assert (await api("DELETE", KEPT)).json == {"deleted": 1}


@pytest.fixture
def reader(stores: Stores) -> dict[str, str]:
    return {"X-API-Key": stores.keys.create(READER, "reads")[0]}


async def test_nobody_reaches_the_conversation_of_another(
    api: Api,
    stores: Stores,
    reader: dict[str, str],
) -> None:
    account = stores.accounts.create(NewAccount(user_name="x"), "pro")
    plain = stores.keys.create(SUBSCRIBER, "robot", account_id=account.id)[0]
    robot = {"X-API-Key": plain}
    kept = {name: await ask(api, "help", headers=key) for name, key in
            (("owner", {}), ("reader", reader), ("robot", robot))}  # fmt: skip
    for name, key in (("owner", {}), ("reader", reader), ("robot", robot)):
        listed = (await api("GET", KEPT, headers=key)).json["conversations"]
        assert [one["id"] for one in listed] == [kept[name]["conversation_id"]]
        for other in kept.keys() - {name}:
            number = kept[other]["conversation_id"]
            said_on = {"message": "go on", "conversation_id": number}
            refused = [
                await api("GET", f"{KEPT}/{number}", headers=key),
                await api("DELETE", f"{KEPT}/{number}", headers=key),
                await api("POST", CHAT, headers=key, json=said_on),
            ]
            assert {one.status_code for one in refused} == {404}
            assert {one.json["error"] for one in refused} == {"not_found"}
    own = {"message": "help", "user_id": str(account.id)}
    assert (await api("POST", CHAT, headers=robot, json=own)).status_code == 200
    assert (await api("POST", CHAT, json=own)).status_code == 403
    assert (
        await api("POST", CHAT, json={"message": "help", "user_id": "owner"})
    ).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"message": ""}, 400),
        ({"message": " \n"}, 400),
        ({"message": "a\0b"}, 400),
        ({"message": "\ud800"}, 400),
        ({"message": "help", "role": "system"}, 400),
        ({"message": "help", "stream": "yes"}, 400),
        ({"message": 7}, 400),
        ({"message": "x" * 4_001}, 413),
        ({"message": "help", "conversation_id": "no-such-one"}, 404),
        ({"message": "help", "conversation_id": "../../keys"}, 404),
    ],
)
async def test_what_cannot_be_answered_is_refused_in_the_form_of_the_house(
    api: Api, body: dict[str, Any], status: int
) -> None:
    # As text in which every character is escaped, broken ones too.
    sent = {"Content-Type": "application/json"}
    refused = await api("POST", CHAT, body=json.dumps(body), headers=sent)
    assert (refused.status_code, set(refused.json)) == (
        status, {"error", "detail", "timestamp", "request_id"},
    )  # fmt: skip
    assert (await api("GET", KEPT)).json["conversations"] == []


async def test_a_key_has_two_chats_at_once_and_twenty_a_minute(
    api: Api, reader: dict[str, str], counts: SharedCounts, stores: Stores
) -> None:
    holder = f"key-{stores.keys.list()[-1].id}"
    for _ in range(2):
        counts.opened(f"chats of {holder}")
    refused = await api("POST", CHAT, headers=reader, json={"message": "help"})
    assert (refused.status_code, refused.json["error"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "1"
    counts.closed(f"chats of {holder}")
    for _ in range(19):
        assert (
            await api("POST", CHAT, headers=reader, json={"message": "help"})
        ).status_code == 200
    refused = await api("POST", CHAT, headers=reader, json={"message": "help"})
    assert (refused.status_code, refused.headers["x-ratelimit-limit"]) == (429, "20")
    assert counts.open(f"chats of {holder}") == 1


async def test_a_plan_s_limits_are_those_of_the_agent(
    api: Api,
    stores: Stores,
    gold: Series,  # noqa: F811
) -> None:
    keep(stores, said())
    account = stores.accounts.create(NewAccount(user_name="x", symbols_allowed=("EURUSD",)), "pro")
    plain = stores.keys.create(SUBSCRIBER, "robot", account_id=account.id)[0]
    robot = {"X-API-Key": plain}
    for message in (PRICE, "Signal of XAUUSD?", "How is my portfolio?", "What is my balance?"):
        found = await ask(api, message, headers=robot)
        assert [call["name"] for call in found["tool_calls"] if call["ok"]] in ([], ["explain"])
        assert "100" not in found["response"]
        assert "10000" not in found["response"].replace(",", "").replace(".", "")


async def test_the_log_and_the_metrics_say_nothing_of_what_was_said(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "zanzibarlighthouse"
    await ask(api, f"my password is {secret}")
    metrics = (await api("GET", "/metrics/prometheus")).text
    assert secret not in capsys.readouterr().out + metrics
    assert 'tickcast_agent_answers_total{provider="builtin"} 1.0' in metrics
    assert 'tickcast_agent_fallback_total{reason="ungrounded"} 0.0' in metrics


async def test_health_names_who_chooses_what_the_agent_says(api: Api) -> None:
    health = (await api("GET", "/api/v1/health")).json
    assert (health["llm_provider"], health["model"], health["gpu_available"]) == (
        "builtin", "narrator-1", False,
    )  # fmt: skip
