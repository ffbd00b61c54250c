"""What a route is besides its resource: the facts that access, limits, logs and docs are made of.

Each stands where the route is added, in `api.app`, and nowhere else.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from falcon.asgi import App, Request, Response

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
BAD_REQUEST, UNPROCESSABLE = 400, 422
# Headers of a request that has a body.
_BODY = frozenset({b"content-length", b"transfer-encoding"})
_RECEIVE = "tickcast.receive"


class CallLimit(NamedTuple):
    """So many calls a minute; routes of one name share a count.

    All keys of an account share it too. With `of_account` the number is the account's, and
    keys without an account are not counted. With `free_repeats` the route counts a call itself
    (`count_unless_repeated`), once it knows that it is no repetition.
    """

    name: str
    calls: int
    of_account: bool = False
    free_repeats: bool = False


@dataclass(frozen=True)
class Route:
    """Facts of a route, all of them no by default.

    `public`: needs no key; `tree`: nor does any path below it. `computes`: methods that
    a reader may call though they do not read, because nothing that others see
    changes. `limits`: how often a key may call it, by method. `health`: its 503 is
    what it tells, no failure to tell it. `probe`: called every few seconds for ever.
    `invalid`: the status of a request whose values are out of their domain.
    `status_body`: its errors carry a status and a message besides. `stream`: its answer
    stays open. `roles`: the roles besides owners and readers that may call it, with
    every method. `late_reports`: a key whose plan ended lately may call it still. `dear`:
    it reads much, so that a key may call it less often than others. `purpose`: keys that
    are narrowed to it may call the route, for what they are narrowed to. `owner_reads`: of the
    operator's routes, one that an owner's key reads too.
    """

    template: str
    public: bool = False
    tree: bool = False
    computes: Collection[str] = ()
    limits: Mapping[str, CallLimit] = field(default_factory=dict)
    health: bool = False
    probe: bool = False
    status_body: bool = False
    invalid: int = UNPROCESSABLE
    stream: bool = False
    roles: Collection[str] = ()
    late_reports: bool = False
    dear: bool = False
    purpose: str = ""
    owner_reads: bool = False


class Routes:
    """All routes of an application, by template and, before a route is looked up, by path."""

    def __init__(self) -> None:
        self._by_template: dict[str, Route] = {}
        self._trees: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Route]:
        return iter(self._by_template.values())

    def add(self, route: Route) -> None:
        """Keep the facts of a route."""
        self._by_template[route.template] = route
        if route.tree:
            self._trees += (f"{route.template}/",)
        elif route.public and "{" in route.template:
            # Before a route is looked up, its parameter may be anything.
            self._trees += (route.template.partition("{")[0],)

    def of(self, template: str | None) -> Route:
        """Return the facts of a template; of one that is not ours, none."""
        return self._by_template.get(template or "", _NONE)

    def is_public(self, path: str) -> bool:
        """Say whether a path may be called without a key."""
        return self.of(path).public or path.startswith(self._trees)


_NONE = Route("")


class Application(App[Request, Response]):
    """Falcon's application, whose routes are added with their facts."""

    def __init__(self, routes: Routes, middleware: Sequence[Any]) -> None:
        super().__init__(middleware=list(middleware))
        self.routes = routes

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Answer, without waiting for a body that nobody may want to read."""
        if scope["type"] == "http":
            # By ASGI they may be told only once.
            scope["headers"] = [(name, value) for name, value in scope["headers"]]
            if not _BODY.isdisjoint(name for name, _ in scope["headers"]):
                receive = _beginning_at_once(receive)
            scope[_RECEIVE] = receive
        await super().__call__(scope, receive, send)

    def add_route(self, uri_template: str, resource: object, **options: Any) -> None:
        """Add a resource; `options` are Falcon's `suffix`, and facts of `Route`."""
        suffix = options.pop("suffix", None)
        self.routes.add(Route(uri_template, **options))
        super().add_route(uri_template, resource, suffix=suffix)


async def until_caller_leaves(req: Request) -> None:
    """Wait until whoever asked is gone; to be called once the whole body has been read."""
    while (await req.scope[_RECEIVE]())["type"] != "http.disconnect":
        pass


def _beginning_at_once(receive: Receive) -> Receive:
    """Put an empty part before a body: Falcon looks at nothing before the first has come."""
    begun = False

    async def receive_next() -> Any:
        nonlocal begun
        if begun:
            return await receive()
        begun = True
        return {"type": "http.request", "body": b"", "more_body": True}

    return receive_next
