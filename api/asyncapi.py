"""The AsyncAPI document of the WebSockets, which OpenAPI has no words for."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from falcon import MEDIA_JSON
from falcon.asgi import Request, Response

from api.docs.openapi_parts import VERSION
from api.live.broadcast import CHANNELS
from api.live.schemas_live import OrderBookFrame
from api.live.stream import StreamCommand
from api.signals.schemas_socket import FRAMES, SignalsCommand
from core.messages import Acknowledgement, FrameRefusal

Json = dict[str, Any]
Structs = Sequence[type[msgspec.Struct]]

_SCHEMAS = "#/components/schemas/{name}"
_DESCRIPTION = """The WebSockets of Tickcast. The key goes into the header `X-API-Key`, or into the
first message, `{"type": "auth", "api_key": "..."}`, which is answered by
`{"type": "authenticated"}`; it never stands in the address. A wrong key closes with 4401, a
role that may not listen with 4403, too many sockets with 4429."""
_SINCE = {
    "type": "object",
    "properties": {
        "since": {
            "type": "integer",
            "minimum": 0,
            "description": "The last `seq` that was received: all that happened since is told.",
        }
    },
}


class AsyncApiDocument:
    """`GET /asyncapi.json`"""

    def __init__(self) -> None:
        self._text = _text()

    async def on_get(self, req: Request, resp: Response) -> None:
        """Return the AsyncAPI document."""
        resp.content_type = MEDIA_JSON
        resp.data = self._text


@cache
def _text() -> bytes:
    return msgspec.json.encode(build_asyncapi())


def build_asyncapi() -> Json:
    """Return the AsyncAPI 3.0 document of all WebSockets."""
    every: Structs = (
        *FRAMES, SignalsCommand, StreamCommand, OrderBookFrame, Acknowledgement, FrameRefusal,
    )  # fmt: skip
    _, schemas = msgspec.json.schema_components(every, ref_template=_SCHEMAS)
    sockets = {
        "stream": _socket(
            "/ws/stream",
            "Live data: trades, candles as they form, quotes, order books, anomalies, signals.",
            {
                "StreamCommand": _struct(StreamCommand),
                "StreamData": _STREAM_DATA,
                "OrderBookFrame": _struct(OrderBookFrame),
            },
        ),
        "signals": _socket(
            "/ws/signals",
            "Signals as they are sealed, their ends, and changes of phases. Without `since` what "
            "may be entered now comes first; with it, all that happened after that number.",
            {each.__name__: _struct(each) for each in (SignalsCommand, *FRAMES)},
            query=_SINCE,
        ),
        "ingest": _socket(
            "/ingest/{platform}",
            "Messages of a platform, one or a list a frame, each frame acknowledged.",
            {
                "Messages": _MESSAGES,
                **{each.__name__: _struct(each) for each in (Acknowledgement, FrameRefusal)},
            },
        ),
    }
    sent = {"StreamCommand", "SignalsCommand", "Messages"}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Tickcast", "version": VERSION, "description": _DESCRIPTION},
        "defaultContentType": MEDIA_JSON,
        "channels": sockets,
        "operations": {
            f"{action}_{name}": _operation(name, action, channel["messages"], sent)
            for name, channel in sockets.items()
            for action in ("send", "receive")
        },
        "components": {"schemas": schemas},
    }


_STREAM_DATA: Json = {
    "summary": "What happened on a market, or an answer to a command.",
    "payload": {
        "type": "object",
        "properties": {
            "channel": {"enum": list(CHANNELS)},
            "platform": {"type": "string"},
            "symbol": {"type": "string"},
            "type": {
                "type": "string",
                "description": "`trade`, `candle`, `ticker`, `anomaly`, `signal`, `orderbook`, or "
                "the answer's.",
            },
            "data": {
                "type": "object",
                "description": "Of a ticker `symbol, price, timestamp, bid, ask`, of a candle "
                "`symbol, timeframe, ohlcv, closed`; `symbol` as users say it. Of an orderbook "
                "it is what `OrderBookFrame` says.",
            },
            "snapshot": {
                "type": "boolean",
                "description": "The newest price or book when subscribing.",
            },
        },
    },
}
_MESSAGES: Json = {
    "summary": "One message of the platform, or a list of them.",
    "payload": {"anyOf": [{"type": "object"}, {"type": "array"}]},
}


def _socket(address: str, description: str, messages: Json, query: Json | None = None) -> Json:
    channel: Json = {"address": address, "description": description, "messages": messages}
    if "{platform}" in address:
        channel["parameters"] = {"platform": {"description": "Exchange or source of the data."}}
    channel["bindings"] = {"ws": {"method": "GET", **({"query": query} if query else {})}}
    return channel


def _struct(kind: type[msgspec.Struct]) -> Json:
    first = (kind.__doc__ or "").strip().split("\n", 1)[0]
    return {"summary": first, "payload": {"$ref": _SCHEMAS.format(name=kind.__name__)}}


def _operation(name: str, action: str, messages: Json, sent: set[str]) -> Json:
    """Describe what the server does: it receives commands, and sends all else."""
    mine = [each for each in messages if (each in sent) == (action == "receive")]
    channel = f"#/channels/{name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{each}"} for each in mine],
    }
