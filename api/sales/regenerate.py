"""A subscriber's key replaced by another, at once or with an overlap."""

from collections.abc import Callable
from typing import Annotated

from falcon.asgi import Request, Response
from msgspec import Meta, Struct

from api.access.seldom_calls import SeldomCalls
from api.docs.openapi import operation
from api.http.json_text import parse_json
from api.http.request_body import read_body
from api.http.threads import Soon, in_database_thread
from api.http.validation import convert_body
from api.robots.words import instant
from api.sales.openapi_parts import REGENERATE
from core.clock.resolutions import MINUTE
from core.errors import Unauthorized
from core.mail.mails import MailKind, said_time
from core.robots.accounts import Account
from storage.access.access_keys import AccessKey, AccessKeyStore
from storage.mail.outbox import Outbox

_BODY_LIMIT = 16 << 10


class Overlap(Struct, forbid_unknown_fields=True):
    """For how many minutes the key before still opens."""

    overlap_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 0


class Regenerated(Struct):
    """A new key, shown this once."""

    ok: bool
    key_id: int
    api_key: str
    rotated_at: str
    warning: str
    old_key_ends_at: str


class RegenerateKey:
    """`POST /api/account/regenerate-key`"""

    def __init__(
        self,
        keys: AccessKeyStore,
        outbox: Outbox,
        asked: SeldomCalls,
        send_mails: Callable[[], None],
    ) -> None:
        self._keys = keys
        self._outbox = outbox
        self._asked = asked
        self._send_mails = Soon(send_mails)

    @operation(
        "regenerate_key", "account", {200: Regenerated}, errors=(409,), body=True, more=REGENERATE
    )
    async def on_post(self, req: Request, resp: Response) -> None:
        """Replace the key that calls, and show the new one, this once.

        The old one ends at once, or after `overlap_minutes`: a running robot then does not
        go blind. Three times an hour, ten a day. The account is told by mail.
        """
        key: AccessKey | None = req.context.key
        if key is None:
            raise Unauthorized("Only a key can be replaced; call with it.")
        asked = _read(await read_body(req, _BODY_LIMIT))
        account: Account | None = req.context.account
        await self._asked.count(f"account-{account.id}" if account else key.id)
        shown = await in_database_thread(
            self._rotate, key, account, asked.overlap_minutes, req.remote_addr
        )
        resp.media = shown
        resp.set_header("Cache-Control", "no-store")
        self._send_mails.begin()

    def _rotate(
        self, key: AccessKey, account: Account | None, minutes: int, address: str
    ) -> Regenerated:
        plain, made = self._keys.rotate(key.id, minutes * MINUTE * 1_000, known=key)
        end = made.created_at + minutes * MINUTE * 1_000
        at, ends = instant(made.created_at), instant(end)
        if account and account.email:
            facts = {
                "old": key.hint,
                "hint": made.hint,
                "at": said_time(made.created_at),
                "ends": said_time(end),
                "address": address,
            }
            self._outbox.add(account.id, MailKind.ROTATED, f"key {made.number}", facts)
        when = f"ends at {ends}" if minutes else "was revoked"
        warning = f"The key before {when}. Set InpApiKey of your robot to the new one."
        return Regenerated(True, made.number, plain, at, warning, ends)


def _read(raw: bytes) -> Overlap:
    text = raw.rstrip(b"\0").strip()
    return convert_body(parse_json(text), Overlap) if text else Overlap()
