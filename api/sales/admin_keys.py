"""Keys of subscribers, for the operator."""

from falcon.asgi import Request, Response
from msgspec import UNSET

from api.access.callers import Caller
from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.robots.offered import OfferedSlots
from api.robots.words import instant, iso
from api.sales.admin_words import last_seen, number_of, read_limits
from api.sales.openapi_parts import ADMIN
from api.sales.schemas import EaConfig
from api.sales.schemas_admin import (
    KeyMade,
    KeyRevokedShown,
    KeyShown,
    KeysQuery,
    KeysShown,
    NewKeyQuery,
    NewKeyRequest,
)
from core.clock.times import now_ms, parse_time
from core.errors import Conflict, NotFound
from core.mail.mails import MailKind
from core.robots.accounts import Account
from storage.access.access_keys import SUBSCRIBER, AccessKey
from storage.accounts.accounts import NewAccount
from storage.sales.key_list import KeyList
from storage.stores import Stores

_UNKNOWN = "No subscriber has a key with this id."


class AdminKeys:
    """`/admin/keys`"""

    def __init__(self, stores: Stores, offered: OfferedSlots, api_url: str) -> None:
        self._stores = stores
        self._offered = offered
        self._keys = KeyList(stores.engine, stores.accounts)
        self._api_url = api_url

    @operation("admin_create_key", "admin", {201: KeyMade}, errors=(409,), body=True, more=ADMIN)
    async def on_post(
        self, req: Request, resp: Response, query: NewKeyQuery, json: NewKeyRequest
    ) -> None:
        """Make an account with a plan and a key, and show the key, this once.

        An address that has an account is a 409, with `add=true` another key of it.
        """
        made = await in_database_thread(self._make, json, query.add == "true")
        resp.status = 201
        resp.media = made

    def _make(self, asked: NewKeyRequest, add: bool) -> KeyMade:
        account = self._account(asked, add)
        plain, key = self._stores.keys.create(SUBSCRIBER, account.user_name, account_id=account.id)
        if asked.send_mail and account.email:
            self._stores.outbox.add(account.id, MailKind.CLAIM, f"admin {key.number}")
        tier = account.tier(now_ms())
        return KeyMade(key.number, plain, tier, EaConfig(self._api_url, plain), account.id)

    def _account(self, asked: NewKeyRequest, add: bool) -> Account:
        known = self._stores.accounts.find(asked.email) if asked.email else None
        if known and add:
            return known
        if known:
            raise Conflict("There is an account with this email; add=true makes another key of it.")
        symbols, lengths = read_limits(asked.symbols_allowed, asked.tfs_allowed, self._offered)
        told = NewAccount(
            user_name=asked.user_name,
            email=asked.email,
            locale=asked.locale,
            symbols_allowed=symbols,
            tfs_allowed=lengths,
            rate_limit_per_min=asked.rate_limit_per_min,
            notes=asked.notes,
        )
        ends = None if asked.expires_at is None else parse_time(asked.expires_at, "expires_at")
        return self._stores.accounts.create(told, asked.plan_tier, ends)

    @operation("admin_keys", "admin", {200: KeysShown}, errors=(422,), more=ADMIN)
    async def on_get(self, req: Request, resp: Response, query: KeysQuery) -> None:
        """List keys of subscribers, the newest first, those that open no more too."""
        now = now_ms()
        active = None if query.active is UNSET else query.active == "true"
        resp.media = await in_thread(self._list, query, active, now)

    def _list(self, query: KeysQuery, active: bool | None, now: int) -> KeysShown:
        page = self._keys.page(query.limit, query.offset, now, active, query.q)
        whose = {account.id for _, account in page.keys}
        seen = {one: last_seen(self._stores.heartbeats, one) for one in whose}
        shown = [_show(key, account, seen[account.id], now) for key, account in page.keys]
        return KeysShown(len(shown), page.total, shown)


class AdminKey:
    """`/admin/keys/{key_id}`"""

    def __init__(self, stores: Stores) -> None:
        self._keys = stores.keys

    @operation("admin_revoke_key", "admin", {200: KeyRevokedShown}, errors=(404,), more=ADMIN)
    async def on_delete(self, req: Request, resp: Response, key_id: str) -> None:
        """Revoke a subscriber's key within a second; twice is the same."""
        key = await in_database_thread(self._revoke, key_id)
        resp.media = KeyRevokedShown(True, key.number, False, iso(key.revoked_at))

    def _revoke(self, key_id: str) -> AccessKey:
        key = self._keys.numbered(number_of(key_id, _UNKNOWN))
        # Keys of the operator's own are revoked by the shell.
        if key is None or key.account_id is None:
            raise NotFound(_UNKNOWN)
        return self._keys.revoke(key.id)


def _show(key: AccessKey, account: Account, seen_at: int | None, now: int) -> KeyShown:
    tier = account.tier(now)
    best = [one for one in account.entitlements if one.holds(now) and one.plan_tier == tier]
    return KeyShown(
        key_id=key.number,
        user_name=account.user_name,
        email=account.email,
        plan_tier=tier,
        api_key_hint=key.hint,
        active=key.opens(now),
        created_at=instant(key.created_at),
        expires_at=iso(Caller(key, account).ends_at(now)),
        revoked_at=iso(key.revoked_at),
        last_seen_at=iso(seen_at),
        source=best[0].source if best else None,
        notes=account.notes,
        account_id=account.id,
    )
