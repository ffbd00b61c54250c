"""The agent looks up what its caller could ask the routes, and stops when the caller leaves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.access.access import may_call
from api.agent import chat
from api.agent.tools.auto_trade import AutoTradeTool
from api.agent.tools.decisions import DecisionsTool
from api.agent.tools.ledger import LedgerTool
from api.agent.tools.phase import PhaseTool
from api.agent.tools.portfolio import PortfolioTool
from api.agent.tools.propose import ProposeTool
from api.agent.tools.ranges import RangeTool
from api.agent.tools.signal import RegimeTool, SignalTool
from api.agent.tools.skill import SkillTool
from api.agent.tools.snapshot import SnapshotTool
from api.app import Application
from storage.access.access_keys import ROLES

TOOLS = (
    AutoTradeTool, DecisionsTool, LedgerTool, PhaseTool, PortfolioTool, ProposeTool, RangeTool,
    RegimeTool, SignalTool, SkillTool, SnapshotTool,
)  # fmt: skip


def test_a_tool_is_for_exactly_those_who_may_call_its_route(app: Application) -> None:
    for tool in TOOLS:
        route = app.routes.of(tool.route.template)
        assert route.template == tool.route.template
        for role in ROLES:
            asked = tool.route.method
            assert may_call(role, asked, route) == may_call(role, asked, tool.route.facts), tool


async def test_who_leaves_ends_what_is_under_way_and_who_waits_is_told_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chat, "PING_SECONDS", 0.01)
    monkeypatch.setattr(chat, "_GRACE_SECONDS", 0.0)
    gone, ended = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def events() -> AsyncIterator[Any]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            ended.set()

    class Asked:
        scope = {"tickcast.receive": receive}  # noqa: RUF012

    heard = chat._while_there(Asked(), events())  # type: ignore[arg-type]
    assert (await anext(heard), await anext(heard)) == ("first", None)
    gone.set()
    assert [event async for event in heard if event is not None] == []
    assert ended.is_set()
