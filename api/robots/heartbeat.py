"""Terminals say that they live; they learn how their clocks stand."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.http.validation import convert_body
from api.robots.bodies import read_robot_json
from api.robots.executions import ONE_LIMIT
from api.robots.read_report import terminal_name
from api.robots.schemas_executions import (
    HEARTBEAT_BODY,
    Heartbeat,
    HeartbeatNoted,
    TerminalAccount,
)
from api.robots.seen import account_of
from core.clock.times import now_ms
from core.executions.terminal_clock import clock_offset, is_older, is_wrong, utc_offset
from core.robots.accounts import Account
from storage.executions.heartbeats import Said, Skipped
from storage.stores import Stores

REASONS = ("spread", "margin", "disabled", "late", "max_positions", "symbol")
OTHER = "other"


class HeartbeatResource:
    """`POST /api/ea/heartbeat`"""

    def __init__(self, stores: Stores, min_version: str = "") -> None:
        self._stores = stores
        self._min_version = min_version or None

    @operation(
        "heartbeat", "robots", {200: HeartbeatNoted}, errors=(413, 415, 422), more=HEARTBEAT_BODY
    )
    async def on_post(self, req: Request, resp: Response) -> None:
        """Note that a terminal lives, which signals it did not follow, and how its clocks stand.

        A robot that only scans and reports needs none: these calls are noted too.
        """
        told = convert_body(await read_robot_json(req, ONE_LIMIT), Heartbeat)
        resp.media = await in_thread(self._note, req.context.account, told, now_ms())

    def _note(self, account: Account | None, told: Heartbeat, now: int) -> HeartbeatNoted:
        trading = told.account or TerminalAccount()
        offset, own = utc_offset(told.server_time, now), clock_offset(told.gmt_time, now)
        said = Said(
            version=told.version,
            platform=told.platform,
            build=told.build,
            demo=trading.demo,
            currency=trading.currency,
            mode=trading.mode,
            utc_offset_s=offset,
            clock_offset_s=own,
            open_positions=told.open_positions,
        )
        account_id, terminal = account_of(account), terminal_name(trading)
        self._stores.heartbeats.note(account_id, terminal, said)
        skipped = [
            Skipped(one.pred_id, one.why if one.why in REASONS else OTHER) for one in told.skipped
        ]
        self._stores.heartbeats.skip(account_id, terminal, skipped)
        warnings = {
            "gmt_clock": is_wrong(own),
            "server_clock": told.server_time is not None and offset is None,
            "version": is_older(told.version, self._min_version),
        }
        return HeartbeatNoted(
            ok=True,
            server_time_unix=now // 1_000,
            utc_offset_s=offset,
            warnings=[name for name, odd in warnings.items() if odd],
            min_version=self._min_version,
        )
