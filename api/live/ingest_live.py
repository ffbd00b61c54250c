"""Live trades and quotes, pushed by feeds: in bodies or over a socket."""

import structlog
from falcon import WebSocketDisconnected
from falcon.asgi import Request, Response, WebSocket

from api.docs.openapi import operation
from api.docs.openapi_parts import MESSAGE_BODY
from api.http.request_body import media_type, read_body
from api.http.threads import in_work_thread
from api.live.buffer import FrameBuffer
from api.live.live_ingest import LiveIngest
from api.live.messages import LiveBatch, read_messages
from api.live.schemas_live import IngestQuery, LiveAccepted, RejectedMessage
from api.live.socket_feed import SocketFeed
from core.clock.times import now_ms
from core.errors import InvalidRequest
from core.names import check_name
from core.platforms import raw_symbol

log = structlog.get_logger("ingest")

BODY_LIMIT = 8 << 20
LONGEST_KEY = 255
MOST_LISTED = 1_000


class IngestLive:
    """`POST /ingest/{platform}` and `WS /ingest/{platform}`"""

    def __init__(self, door: LiveIngest) -> None:
        self._door = door
        self._buffers: dict[str, FrameBuffer] = {}

    @operation(
        "ingest_live",
        "live",
        {202: LiveAccepted},
        errors=(413, 415, 422),
        more=MESSAGE_BODY,
    )
    async def on_post(
        self, req: Request, resp: Response, platform: str, query: IngestQuery
    ) -> None:
        """Push one message or a list of them, in the exchange's words or in the generic form.

        The answer comes when the broker holds the batch. Trades that were sent
        before count once; those without ids are told by what they are, and by the header
        Idempotency-Key if there is one. Messages that cannot be used are named by their index,
        and kept in the quarantine.
        """
        check_name(platform, "platform")
        symbol = _symbol(platform, query.symbol)
        media_type(req)
        await self._door.check()
        request = _idempotency_key(req)
        body = await read_body(req, BODY_LIMIT)
        batch = await in_work_thread(read_messages, platform, body, now_ms(), request, symbol)
        await self._door.deliver(platform, batch)
        resp.status = 202
        resp.media = _answer(batch)

    async def on_websocket(self, req: Request, ws: WebSocket, platform: str) -> None:
        """Take one message or a list a frame; acknowledge frames, or flushes with `?ack=batch`.

        `?symbol=` is the symbol of trades and quotes that name none.
        """
        check_name(platform, "platform")
        symbol = _symbol(platform, req.get_param("symbol"))
        buffer = self._buffers.get(platform)
        if buffer is None:
            buffer = self._buffers[platform] = FrameBuffer(platform, self._door.deliver)
        ack_each = req.get_param("ack") != "batch"
        feed = SocketFeed(ws, platform, buffer, ack_each, symbol)
        try:
            await feed.run(self._door.check)
        except WebSocketDisconnected:
            pass
        finally:
            log.info("feed left", platform=platform, frames=feed.frames, accepted=feed.accepted)


def _symbol(platform: str, name: str | None) -> str | None:
    if name is not None:
        check_name(raw_symbol(platform, name), "symbol")
    return name


def _idempotency_key(req: Request) -> str:
    key = req.get_header("Idempotency-Key") or ""
    if len(key) > LONGEST_KEY:
        raise InvalidRequest(f"Idempotency-Key must have at most {LONGEST_KEY} characters.")
    return key


def _answer(batch: LiveBatch) -> LiveAccepted:
    rejected = [RejectedMessage(one.index, one.reason) for one in batch.rejected[:MOST_LISTED]]
    total = len(batch.rejected)
    return LiveAccepted("queued", batch.accepted, batch.ignored, rejected, total, batch.ignored_for)
