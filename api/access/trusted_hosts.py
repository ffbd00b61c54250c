"""Which names this server answers to, and which pages may make it do something.

A page elsewhere can send a browser here, under a name of its own that it makes
point to this machine, or with a form. Such a call needs no key where auth is off,
and none for the public routes.
"""

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from falcon.asgi import Request, Response, WebSocket

from core.errors import Forbidden, MalformedRequest
from core.settings import Settings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class TrustedHosts:
    """Middleware that refuses foreign names in `Host`, and foreign pages in `Origin`.

    Trusted are the loopback names, the host that is listened on, and what
    `TICKCAST_TRUSTED_HOSTS` adds. A server that listens on all addresses trusts its
    own name and every address besides: no page can make an address its own. Pages of
    `TICKCAST_CORS_ORIGINS` may call whatever the server's own name.
    """

    def __init__(self, settings: Settings) -> None:
        added = {name.strip().lower() for name in settings.trusted_hosts.split(",")} - {""}
        self._anything = "*" in added
        self._everywhere = settings.host in ("0.0.0.0", "::")  # noqa: S104
        own = {socket.gethostname().lower()} if self._everywhere else set()
        self._added = frozenset(added)
        self._origins = settings.origins
        self._names = frozenset({*_LOOPBACK, settings.host.lower(), *added, *own})

    async def process_request(self, req: Request, resp: Response) -> None:
        """Refuse a foreign name, and a foreign page that wants something done."""
        self._check_host(req)
        if req.method not in _READING:
            self._check_origin(req)

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        """Refuse a foreign name and a foreign page before the socket is accepted."""
        self._check_host(req)
        self._check_origin(req)

    def _check_host(self, req: Request) -> None:
        host = req.get_header("Host")
        if host is None:
            # Only HTTP/1.0 knows calls without one.
            if req.scope.get("http_version") != "1.0":
                raise MalformedRequest("Host: name the server that you mean.")
        elif not self._trusts(_name(f"//{host}")):
            raise MalformedRequest(
                "Host: this server does not go by that name; TICKCAST_TRUSTED_HOSTS adds one."
            )

    def _check_origin(self, req: Request) -> None:
        origin = req.get_header("Origin")
        if not origin or origin.partition("://")[2] == req.netloc:
            return
        if _name(origin) not in self._added and origin not in self._origins:
            raise Forbidden("Origin: pages of other hosts may do nothing here.")

    def _trusts(self, name: str) -> bool:
        return self._anything or name in self._names or (self._everywhere and _is_address(name))


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
