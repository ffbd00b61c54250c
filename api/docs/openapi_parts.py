"""Parts of the OpenAPI document that spectree cannot derive from our types."""

from importlib.metadata import version
from typing import Any

from core.clock.resolutions import RESOLUTION_PATTERN
from core.columnar.tables import MEDIA_TYPES
from core.names import NAME_PATTERN

Json = dict[str, Any]

VERSION = version("tickcast")

DESCRIPTION = """Market data and forecasts of your own.

Every call but the public ones needs your key in the header `X-API-Key`. Times
leave as ISO 8601 UTC with `Z`; requests may also give epoch seconds or
milliseconds. Every error has the body `{error, detail, timestamp, request_id}`.
Work that takes long answers `202` with a task to follow; `Prefer: wait=N` waits
up to 60 s for its result, `Prefer: respond-async` does not wait at all.
"""


def _path_name(description: str) -> Json:
    return {"schema": {"pattern": NAME_PATTERN}, "description": description}


PATH_PARAMETERS: dict[str, Json] = {
    "platform": _path_name("Exchange or source of the data, such as `coinbase` or `file`."),
    "symbol": _path_name("Symbol as the platform writes it, `BTC-USD`, or as `BTC%2FUSD`."),
    "resolution": {
        "schema": {"pattern": RESOLUTION_PATTERN},
        "description": "Length of a candle, in seconds or by name.",
    },
    "tf": {
        "schema": {"pattern": RESOLUTION_PATTERN},
        "description": "Length of a candle: `M15`, `H1`, or as elsewhere.",
    },
    "key_id": {"description": "Number of a subscriber's key."},
    "account_id": {"description": "Number of an account."},
    "event_id": {"description": "Id of a payment event, as its provider named it."},
    "decision_id": {"description": "Id of a decision: `dec-` and the signal's id."},
    "conversation_id": {"description": "Id of a conversation, from the answer that began it."},
    "provider": {"description": "Payment provider: `eduzz` or `stripe`."},
    "model_name": _path_name("Name of the model."),
    "model_id": _path_name("Version of the model."),
    "task_id": {"description": "Id of the task, from the answer that began it."},
}

COMMON_HEADERS: Json = {
    "X-Request-ID": {
        "description": "Name of this request, also in the server's log.",
        "schema": {"type": "string"},
    }
}

_PREFER: Json = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "RFC 7240: `wait=N` seconds for the result, or `respond-async`.",
}
_TASK_HEADERS: Json = {
    "Location": {"description": "Where the task is.", "schema": {"type": "string"}},
    "Preference-Applied": {
        "description": "What was heeded of `Prefer`.",
        "schema": {"type": "string"},
    },
}

# What an operation that begins a task adds to its description.
TASK: Json = {"parameters": [_PREFER], "responses": {"202": {"headers": _TASK_HEADERS}}}

_NUMBER: Json = {"type": "integer"}
# Headers of routes whose calls are counted.
LIMIT_HEADERS: Json = {
    "X-RateLimit-Limit": {"description": "Calls a minute; not for owners.", "schema": _NUMBER},
    "X-RateLimit-Remaining": {"description": "Calls left in this minute.", "schema": _NUMBER},
    "X-RateLimit-Reset": {
        "description": "Epoch seconds at which the oldest call leaves the window.",
        "schema": _NUMBER,
    },
}
NOT_STORED: Json = {"Cache-Control": {"description": "`no-store`.", "schema": {"type": "string"}}}

TEXT: Json = {"schema": {"type": "string"}}

# Messages of any known shape: what each must hold is said in docs/api.md.
MESSAGE_BODY: Json = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                # Elements of a list that are no messages are rejected by their index.
                "schema": {
                    "description": "One message, or a list of them.",
                    "anyOf": [{"type": "object"}, {"type": "array"}],
                },
                "example": {
                    "type": "trade",
                    "symbol": "BTC-USD",
                    "price": "61837.63",
                    "size": "0.02",
                    "time": "2024-08-08T23:54:15.342Z",
                    "trade_id": 3735683259,
                    "side": "sell",
                },
            }
        },
    }
}

FILE: Json = {"schema": {"type": "string", "format": "binary"}}


def _paged(forms: Json, when: str) -> Json:
    """Return what an operation adds whose pages come in other forms than JSON, too."""
    description = f"The cursor of the next page, {when}."
    header = {"description": description, "schema": {"type": "string"}}
    return {"responses": {"200": {"content": forms, "headers": {"X-Next-Cursor": header}}}}


CSV_PAGE = _paged({"text/csv": TEXT}, "with CSV only")
TABLE_PAGE = _paged(
    {"text/csv": TEXT, **dict.fromkeys(MEDIA_TYPES.values(), FILE)}, "not with JSON"
)

SCAN_FORMS: Json = {
    "responses": {
        "200": {
            "content": {"text/csv": TEXT},
            "headers": {
                "ETag": {
                    "description": "Names these items; sent as `If-None-Match`, they are a 304.",
                    "schema": {"type": "string"},
                }
            },
        },
        "304": {"description": "The items are those that `If-None-Match` names."},
    }
}


def text_answer(media_type: str) -> Json:
    """Return what documents a 200 that is no JSON."""
    return {"responses": {"200": {"content": {media_type: TEXT}}}}


def html_answer() -> Json:
    """Return what documents a 200 that is a page."""
    return text_answer("text/html")


def event_stream() -> Json:
    """Return what documents a 200 of Server-Sent Events."""
    event = {"type": "object", "properties": {"event": {"type": "string"}, "data": {}}}
    return {"responses": {"200": {"content": {"text/event-stream": {"schema": event}}}}}


def joined(*parts: Json) -> Json:
    """Return parts that have no key in common as one."""
    return {key: value for part in parts for key, value in part.items()}
