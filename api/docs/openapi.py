"""The OpenAPI document: spectree collects it from the responders, and this file adds the rest.

A responder is documented by `operation`, and its arguments `query` and `json`,
where it has them, are the checked query and body: what is documented is what is
enforced.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import falcon
import msgspec
from falcon.asgi import Request
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter.msgspec_adapter import MsgspecModelAdapter
from spectree.models import InType, SecureType, SecuritySchemeData
from spectree.plugins.falcon_plugin import FalconAsgiPlugin

from api.docs.openapi_parts import (
    COMMON_HEADERS,
    DESCRIPTION,
    LIMIT_HEADERS,
    NOT_STORED,
    PATH_PARAMETERS,
    VERSION,
)
from api.http.errors import ErrorBody
from api.http.request_body import media_type, parse_body, read_body
from api.http.routes import BAD_REQUEST, Application, Route
from api.http.v1_envelope import V1Error
from api.http.validation import convert_body, convert_query

Responder = TypeVar("Responder", bound=Callable[..., Any])
Json = dict[str, Any]

# What any route may answer: an unreadable request, no key, a key that may not, too many, a
# fault, a part away.
_ALWAYS = (400, 401, 403, 429, 500, 503)
_WITH_KEY = ("401", "403")
_WITH_BODY = (413, 415, 422)


class HousePlugin(FalconAsgiPlugin):
    """Checks requests our way, and sends structs as JSON."""

    def register_route(self, app: Any) -> None:
        """Leave the document's own routes to `api.app`, where all routes stand."""

    async def validate_async_request(
        self, req: Request, query: Any, json: Any, form: Any, headers: Any, cookies: Any
    ) -> None:
        """Put the checked query and body where spectree hands them to the responder."""
        if query:
            req.context.query = convert_query(req.params, query)
        if json:
            media_type(req)
            req.context.json = convert_body(await read_json(req), json)

    def validate_response(self, resp: Any, *_: Any, **__: Any) -> None:
        """Encode what the responder set; tests hold it to its schema, not every request."""
        if resp.media is not None:
            resp.data = msgspec.json.encode(resp.media)
            resp.media = None
            resp.content_type = falcon.MEDIA_JSON


async def read_json(req: Request) -> Any:
    """Return the parsed JSON body."""
    return await parse_body(await read_body(req))


def _component_name(model: Any) -> str:
    """Return what a schema is called; a bare array has no name of its own but its title."""
    told = getattr(model, "__metadata__", ())
    return str(told[0].title if told else model.__name__)


SPEC = SpecTree(
    backend=HousePlugin,
    model_adapter=cast(Any, MsgspecModelAdapter()),
    validation_error_model=ErrorBody,
    naming_strategy=_component_name,
    nested_naming_strategy=lambda parent, child: child,
    title="Tickcast",
    version=VERSION,
    description=DESCRIPTION,
    mode="strict",
    security_schemes=[
        SecurityScheme(
            name="ApiKey",
            data=SecuritySchemeData(SecureType.API_KEY, name="X-API-Key", field_in=InType.HEADER),
        ),
        SecurityScheme(
            name="AdminSecret",
            data=SecuritySchemeData(
                SecureType.API_KEY, name="X-Admin-Secret", field_in=InType.HEADER
            ),
        ),
    ],
    security={"ApiKey": []},
)
_ADDITIONS: dict[str, Json] = {}
# The document of the routes that it was made of last: applications of the same ones share it.
_MADE: list[tuple[list[Route], bytes]] = []


def operation(
    name: str,
    tag: str,
    answers: Mapping[int, Any],
    *,
    errors: Sequence[int] = (),
    body: bool = False,
    more: Json | None = None,
    failure: type[msgspec.Struct] = ErrorBody,
) -> Callable[[Responder], Responder]:
    """Document a responder under an operation name.

    `answers` maps status codes to structs (None: no JSON); `errors` are the
    codes it may answer besides those of every route; `body` adds those of a
    body; `more` is merged into the operation for what spectree cannot say;
    `failure` is the body of its errors.
    """
    _ADDITIONS[name] = more or {}
    failures = {*_ALWAYS, *errors, *(_WITH_BODY if body else ())}
    if failure is V1Error:
        failures.discard(422)
    known = {f"HTTP_{code}": failure for code in sorted(failures)}
    known |= {f"HTTP_{code}": model for code, model in answers.items()}
    decorate: Callable[[Responder], Responder] = SPEC.validate(
        resp=Answers(**known),
        tags=[tag],
        operation_id=name,
    )
    return decorate


def build_document(app: Application) -> bytes:
    """Return the OpenAPI 3.1 document (JSON) of all documented routes of `app`."""
    routes = list(app.routes)
    if not _MADE or _MADE[0][0] != routes:
        _MADE[:] = [(routes, msgspec.json.encode(_collect(app)))]
    return _MADE[0][1]


def _collect(app: Application) -> Json:
    SPEC.register(app)
    vars(SPEC).pop("_spec", None)
    # Collecting takes the parts of shapes out of them: whoever collects anew needs them whole.
    whole = msgspec.json.decode(msgspec.json.encode(SPEC.models))
    # A copy, ten times as fast as `deepcopy`.
    document: Json = msgspec.json.decode(msgspec.json.encode(SPEC.spec))
    SPEC.models = whole
    names: set[str] = set()
    for template, path in document["paths"].items():
        for method, described in path.items():
            _finish(described, app.routes.of(template), method.upper())
            if described["operationId"] in names:
                described["operationId"] = "_".join(re.findall(r"\w+", template))
            names.add(described["operationId"])
    _ease(document)
    document["paths"] = _shared(document["paths"], document["components"]["schemas"])
    return document


def _finish(described: Json, route: Route, method: str) -> None:
    if route.public:
        described["security"] = [{}, {"ApiKey": []}]
        for code in _WITH_KEY:
            described["responses"].pop(code)
    additions = _ADDITIONS[described["operationId"]]
    if route.invalid == BAD_REQUEST and "requestBody" not in described.keys() | additions.keys():
        # What is invalid has the body of what is malformed.
        described["responses"].pop("422", None)
    if method in route.limits:
        _add_headers(described, LIMIT_HEADERS, "2", "429")
    for parameter in described["parameters"]:
        if parameter["in"] == "path":
            _merge(parameter, PATH_PARAMETERS.get(parameter["name"], {}))
    _add_headers(described, COMMON_HEADERS, "")
    _merge(described, additions)
    if {"AdminSecret": []} in described.get("security", ()):
        _add_headers(described, NOT_STORED, "2")


def _add_headers(described: Json, headers: Json, *codes: str) -> None:
    """Document headers of those answers whose codes begin so."""
    for code, answer in described["responses"].items():
        if code.startswith(codes):
            _merge(answer, {"headers": headers})


def _ease(part: Any) -> None:
    """Say in the whole document what generators of clients refuse in words that they know."""
    if isinstance(part, dict):
        # `maxItems` ends a tuple, too.
        if part.get("items") is False:
            del part["items"]
        if part.get("type") == "array" and "prefixItems" not in part:
            part.setdefault("items", {})
        if part.get("enum") in ([True], [False]):
            part["const"] = part.pop("enum")[0]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            _ease(one)


def _shared(part: Any, schemas: Json) -> Any:
    """Return the part with each shape that has a name among the components, and not in place."""
    if isinstance(part, list):
        return [_shared(one, schemas) for one in part]
    if not isinstance(part, dict):
        return part
    told = {key: _shared(value, schemas) for key, value in part.items()}
    name = told.get("title")
    if name and told.get("type") == "object" and schemas.setdefault(name, told) == told:
        return {"$ref": f"#/components/schemas/{name}"}
    return told


def _merge(target: Json, addition: Mapping[str, Any]) -> None:
    for key, value in addition.items():
        if isinstance(value, Mapping):
            _merge(target.setdefault(key, {}), value)
        elif isinstance(value, list):
            target[key] = [*target.get(key, []), *value]
        else:
            target[key] = value
