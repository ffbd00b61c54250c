"""The newest price of a market."""

import msgspec

from agent.tools.get_snapshot import SnapshotArguments, SnapshotResult
from api.agent.caller import Caller, RouteOfTool
from api.http.threads import in_thread
from api.markets.snapshot import SnapshotResource
from storage.access.access_keys import SUBSCRIBER


class SnapshotTool:
    """Tells what `GET /api/snapshot/{symbol}` tells."""

    route = RouteOfTool("/api/snapshot/{symbol}", "GET", (SUBSCRIBER,))

    def __init__(self, snapshots: SnapshotResource) -> None:
        self._snapshots = snapshots

    async def __call__(self, caller: Caller, asked: SnapshotArguments) -> SnapshotResult:
        """Return the newest price; raises as the route does."""
        found = await in_thread(self._snapshots.read, caller.account, asked.symbol, None)
        told = msgspec.structs.asdict(found)
        told["at"] = told.pop("timestamp")
        return SnapshotResult(**told)
