"""Parts of the OpenAPI document that the routes of `/api/v1` share."""

from typing import Any

from api.docs.openapi_parts import TASK

_NUMBER = {"type": "integer"}
_HEADERS = {
    "X-RateLimit-Limit": {"description": "Calls a minute; not for owners.", "schema": _NUMBER},
    "X-RateLimit-Remaining": {"description": "Calls left in this minute.", "schema": _NUMBER},
    "X-RateLimit-Reset": {
        "description": "Epoch seconds at which the oldest call leaves the window.",
        "schema": _NUMBER,
    },
}
_RESPONSES = {"200": {"headers": _HEADERS}, "429": {"headers": _HEADERS}}
# What an operation whose calls are counted adds to its description, and one that may
# moreover leave its work to a task.
COUNTED: dict[str, Any] = {"responses": _RESPONSES}
COUNTED_TASK: dict[str, Any] = {**TASK, "responses": {**TASK["responses"], **_RESPONSES}}
