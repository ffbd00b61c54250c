"""What was decided for the caller's account."""

from typing import get_args

from agent.tools.get_decisions import DecisionMade, DecisionsArguments, DecisionsResult, Reason
from api.agent.caller import Caller, RouteOfTool
from api.http.threads import in_thread
from api.trading.decisions import DecisionsResource
from api.trading.schemas_decisions import DecisionShown, DecisionsQuery
from storage.access.access_keys import TRADER

_REASONS = frozenset(get_args(Reason))


class DecisionsTool:
    """Tells what `GET /api/v1/auto-trade/decisions` tells."""

    route = RouteOfTool("/api/v1/auto-trade/decisions", "GET", (TRADER,))

    def __init__(self, decisions: DecisionsResource) -> None:
        self._decisions = decisions

    async def __call__(self, caller: Caller, asked: DecisionsArguments) -> DecisionsResult:
        """Return the newest decisions for the account of the key."""
        query = DecisionsQuery(limit=asked.limit)
        found = await in_thread(self._decisions.page, caller.number, query, None)
        made = [_made(one) for one in found.decisions]
        return DecisionsResult(decisions=made, count=len(made))


def _made(shown: DecisionShown) -> DecisionMade:
    return DecisionMade(
        id=shown.id,
        symbol=shown.symbol,
        action=shown.action,
        reason=shown.reason if shown.reason in _REASONS else "other",  # type: ignore[arg-type]
        confidence=shown.confidence,
        result=shown.result,
        at=shown.timestamp,
        seq=shown.signal.seq,
        state=shown.state,
        order_id=shown.order_id,
    )
