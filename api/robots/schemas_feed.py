"""Shapes of the feed of terminals beyond those that storage knows."""

from typing import Any

import msgspec
from msgspec import Struct

from api.docs.openapi_parts import Json
from core.brokers.messages import FeedMessage, Name


class ConfirmClock(Struct, forbid_unknown_fields=True):
    """The zone that a broker's server shows: an IANA name, `UTC+2`, or `NY+7`."""

    zone: Name


class ClockConfirmed(Struct):
    """The clock that is taken for a broker's from now on, and when its days begin by it."""

    ok: bool
    platform: str
    zone: str
    grid: str


def _schema() -> Json:
    """Return the schema of a message with those of its parts in their places."""
    _, components = msgspec.json.schema_components([FeedMessage], ref_template="{name}")

    def whole(schema: Any) -> Any:
        if isinstance(schema, list):
            return [whole(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return whole(components[schema["$ref"]])
        return {name: whole(part) for name, part in schema.items()}

    found: Json = whole(components[FeedMessage.__name__])
    return found


FEED_BODY: Json = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _schema()}}}
}
