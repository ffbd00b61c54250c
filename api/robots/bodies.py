"""Bodies that trading robots send: JSON under whatever name, with the end mark of their strings.

MetaTrader's `StringToCharArray` leaves a NUL behind the text, and its `WebRequest` names the
body as a form or not at all. Robots in the field are not redeployed, so that fields which we
do not know are kept aside instead of refused.
"""

from codecs import BOM_UTF8
from typing import Any

import msgspec
from falcon.asgi import Request

from api.docs.openapi_parts import Json
from api.http.request_body import JSON, media_type, parse_body, read_body

_CONTENT_TYPES = (JSON, "text/plain", "application/x-www-form-urlencoded")


async def read_robot_json(req: Request, limit: int) -> Any:
    """Return the JSON value of a body of at most `limit` bytes.

    NaN and infinity are read as such, so that their field can be named; a text that is no UTF-8
    is by the code page of Windows, MetaTrader's own default. Raises `TooLarge`,
    `UnsupportedMediaType` and `MalformedRequest`.
    """
    media_type(req, _CONTENT_TYPES)
    body = (await read_body(req, limit)).rstrip(b"\0").removeprefix(BOM_UTF8)
    try:
        body.decode()
    except UnicodeDecodeError:
        body = body.decode("cp1252", errors="replace").encode()
    return await parse_body(body, constants=True)


def robot_body(kind: Any, **more: Any) -> Json:
    """Return what documents a body of a kind, whole: each part of its schema in its place."""
    schemas, components = msgspec.json.schema_components((kind,), ref_template="{name}")
    content = {"schema": _inline(schemas[0], components), **more}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def unknown_fields(value: Any, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return those fields of a JSON object that `kind` lacks, at its own level."""
    if not isinstance(value, dict):
        return {}
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    return {name: held for name, held in value.items() if name not in known}


def _inline(schema: Any, components: Json) -> Any:
    """Return a schema in which each reference is replaced by what it refers to."""
    if isinstance(schema, list):
        return [_inline(one, components) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(components[schema["$ref"]], components)
    return {name: _inline(one, components) for name, one in schema.items()}
