"""Accounts of subscribers, for the operator."""

from typing import Any

from falcon.asgi import Request, Response
from msgspec import UNSET
from msgspec.structs import asdict

from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.robots.offered import OfferedSlots
from api.robots.words import instant, iso
from api.sales.admin_words import last_seen, number_of, read_limits, show_account
from api.sales.openapi_parts import ADMIN
from api.sales.schemas_admin import (
    AccountChange,
    AccountClosed,
    AccountShown,
    AccountsQuery,
    AccountsShown,
    ClaimLinkMade,
)
from core.clock.times import now_ms, parse_time
from core.errors import Conflict, InvalidRequest
from storage.accounts.accounts import GrantedPlan
from storage.mail.claims import Purpose
from storage.sales.account_admin import AccountAdmin
from storage.sales.account_list import AccountList
from storage.stores import Stores

_UNKNOWN = "There is no account with this id."


class AdminAccounts:
    """`GET /admin/accounts`"""

    def __init__(self, stores: Stores) -> None:
        self._accounts = AccountList(stores.engine, stores.accounts)
        self._heartbeats = stores.heartbeats

    @operation("admin_accounts", "admin", {200: AccountsShown}, errors=(422,), more=ADMIN)
    async def on_get(self, req: Request, resp: Response, query: AccountsQuery) -> None:
        """List accounts with their plans, the newest first, closed ones too."""
        active = None if query.active is UNSET else query.active == "true"
        resp.media = await in_thread(self._list, query, active, now_ms())

    def _list(self, query: AccountsQuery, active: bool | None, now: int) -> AccountsShown:
        page = self._accounts.page(query.limit, query.offset, now, active, query.q)
        seen = [last_seen(self._heartbeats, one.id) for one in page.accounts]
        pairs = zip(page.accounts, seen, strict=True)
        shown = [show_account(account, at, now) for account, at in pairs]
        return AccountsShown(len(shown), page.total, shown)


class AdminAccount:
    """`/admin/accounts/{account_id}`"""

    def __init__(self, stores: Stores, offered: OfferedSlots) -> None:
        self._accounts = stores.accounts
        self._offered = offered
        self._heartbeats = stores.heartbeats
        self._admin = AccountAdmin(stores.engine)

    @operation("admin_account", "admin", {200: AccountShown}, errors=(404,), more=ADMIN)
    async def on_get(self, req: Request, resp: Response, account_id: str) -> None:
        """Show an account with its plans."""
        resp.media = await in_thread(self._show, number_of(account_id, _UNKNOWN))

    def _show(self, account_id: int) -> AccountShown:
        seen_at = last_seen(self._heartbeats, account_id)
        return show_account(self._accounts.get(account_id), seen_at, now_ms())

    @operation(
        "admin_change_account",
        "admin",
        {200: AccountShown},
        errors=(404, 409),
        body=True,
        more=ADMIN,
    )
    async def on_patch(
        self, req: Request, resp: Response, account_id: str, json: AccountChange
    ) -> None:
        """Change what is named; of another mail address both are told."""
        number = number_of(account_id, _UNKNOWN)
        await in_database_thread(self._change, number, json)
        resp.media = await in_thread(self._show, number)

    def _change(self, account_id: int, asked: AccountChange) -> None:
        told = {name: value for name, value in asdict(asked).items() if value is not UNSET}
        if "expires_at" in told and "plan_tier" not in told:
            raise InvalidRequest("expires_at needs plan_tier.", field="plan_tier")
        tier, expires_at = told.pop("plan_tier", None), told.pop("expires_at", None)
        ends = None if expires_at is None else parse_time(expires_at, "expires_at")
        plan = GrantedPlan(tier, ends) if tier else None
        self._admin.change(account_id, _columns(told, self._offered), plan)

    @operation("admin_close_account", "admin", {200: AccountClosed}, errors=(404,), more=ADMIN)
    async def on_delete(self, req: Request, resp: Response, account_id: str) -> None:
        """Close an account and forget whose it was; what its robots reported stays, nameless."""
        number = number_of(account_id, _UNKNOWN)
        await in_database_thread(self._admin.close, number)
        account = await in_database_thread(self._accounts.get, number)
        resp.media = AccountClosed(True, number, iso(account.closed_at))


class AdminClaimLink:
    """`POST /admin/accounts/{account_id}/claim-link`"""

    def __init__(self, stores: Stores, api_url: str) -> None:
        self._accounts = stores.accounts
        self._claims = stores.claims
        self._api_url = api_url

    @operation("admin_claim_link", "admin", {200: ClaimLinkMade}, errors=(404, 409), more=ADMIN)
    async def on_post(self, req: Request, resp: Response, account_id: str) -> None:
        """Make a link to a key, to be handed over by other ways than mail, and show it once."""
        resp.media = await in_database_thread(self._make, number_of(account_id, _UNKNOWN))

    def _make(self, account_id: int) -> ClaimLinkMade:
        account = self._accounts.get(account_id)
        if account.closed_at is not None:
            raise Conflict("This account is closed.")
        link = self._claims.make(account_id, Purpose.CLAIM)
        return ClaimLinkMade(link.url(self._api_url), instant(link.expires_at))


def _columns(told: dict[str, Any], offered: OfferedSlots) -> dict[str, Any]:
    """Return what the operator wrote as columns of an account."""
    symbols, lengths = read_limits(told.get("symbols_allowed"), told.get("tfs_allowed"), offered)
    read = {"symbols_allowed": symbols, "tfs_allowed": lengths}
    return told | {name: value for name, value in read.items() if name in told}
