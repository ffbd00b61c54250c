"""For whom the agent looks things up: the key that calls, never what a message says."""

from collections.abc import Collection
from typing import NamedTuple

from falcon.asgi import Request

from api.access.access import may_call
from api.http.routes import Route
from core.errors import Forbidden
from core.robots.accounts import Account
from storage.access.access_keys import OWNER, AccessKey


class Caller(NamedTuple):
    """The key of a call, None with auth off, and the account that the key belongs to."""

    key: AccessKey | None
    account: Account | None

    @property
    def number(self) -> int:
        """Return the account that is traded on; 0 is the owner's."""
        return (self.key.account_id if self.key else None) or 0

    @property
    def name(self) -> str:
        """Return what a request may call the account of the key."""
        return str(self.number) if self.number else OWNER

    @property
    def holder(self) -> str:
        """Return whose conversations are meant: an account's, or those of a key without one."""
        if self.number:
            return f"account-{self.number}"
        if self.key is None or self.key.role == OWNER:
            return OWNER
        return f"key-{self.key.id}"

    def may(self, route: "RouteOfTool") -> bool:
        """Say whether the caller could ask the route itself."""
        return self.key is None or may_call(self.key.role, route.method, route.facts)


class RouteOfTool(NamedTuple):
    """The route that tells what a tool tells, and who may call it."""

    template: str
    method: str
    roles: Collection[str] = ()
    computes: bool = False

    @property
    def facts(self) -> Route:
        """Return what decides who may call it."""
        methods = (self.method,) if self.computes else ()
        return Route(self.template, roles=self.roles, computes=methods)


def caller_of(req: Request) -> Caller:
    """Return for whom a request asks."""
    return Caller(req.context.key, req.context.account)


def check_user(caller: Caller, user_id: str | None) -> None:
    """Raise `Forbidden` for a request that names another account than that of its key."""
    if user_id is not None and user_id != caller.name:
        raise Forbidden(f"user_id must be {caller.name}, the account of the key, or be left out.")
