"""The terminals that robots run on: when each was seen, and how its clocks stand."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.robots.schemas_positions import Terminals, TerminalShown
from api.robots.seen import account_of, is_owner
from api.robots.words import instant
from core.clock.times import now_ms
from core.robots.accounts import Account
from core.robots.presence import presence
from storage.access.access_keys import AccessKey
from storage.executions.heartbeats import Heartbeats, SeenTerminal


class TerminalList:
    """`GET /api/account/terminals`"""

    def __init__(self, heartbeats: Heartbeats) -> None:
        self._heartbeats = heartbeats

    @operation("terminals", "robots", {200: Terminals})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Return an account's terminals, those seen last first; the owner sees all accounts'."""
        resp.media = await in_thread(self._terminals, req.context.key, req.context.account)

    def _terminals(self, key: AccessKey | None, account: Account | None) -> Terminals:
        accounts = self._heartbeats.accounts() if is_owner(key) else [account_of(account)]
        now = now_ms()
        shown = [
            (one.seen_at, _shown(account_id, one, now))
            for account_id in accounts
            for one in self._heartbeats.seen(account_id)
        ]
        return Terminals([one for _, one in sorted(shown, key=lambda pair: -pair[0])])


def _shown(account_id: int, one: SeenTerminal, now: int) -> TerminalShown:
    server, _, login = one.terminal.rpartition(":")
    said = one.said
    return TerminalShown(
        account_id=account_id or None,
        server=server or None,
        login_hint=f"…{login[-3:]}" if login else None,
        version=said.version,
        platform=said.platform,
        build=said.build,
        demo=said.demo,
        open_positions=said.open_positions,
        utc_offset_s=said.utc_offset_s,
        clock_offset_s=said.clock_offset_s,
        last_seen_at=instant(one.seen_at),
        status=presence(one.seen_at, now),
    )
