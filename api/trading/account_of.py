"""Whose account a call is about: that of its key, and no other."""

from falcon.asgi import Request

from api.http.threads import in_database_thread
from core.errors import InvalidRequest, NotFound
from core.names import check_name
from core.trading.accounts import PAPER
from storage.trading.commands import CommandStore

HEADER = "Idempotency-Key"
_AUTH_OFF, _LONGEST_NAME = "auth off", 64


def account_number(req: Request) -> int:
    """Return the account of the key that calls; 0 is the owner's."""
    key = req.context.key
    return (key.account_id if key else None) or 0


def caller_name(req: Request) -> str:
    """Return by whom a change is recorded to be."""
    key = req.context.key
    return key.label[:_LONGEST_NAME] if key else _AUTH_OFF


async def count_unless_repeated(
    req: Request, commands: CommandStore, account_id: int, client_order_id: str | None
) -> None:
    """Count a call against its route's limit unless its id was used before.

    Raises `TooManyRequests`. Sending again what was sent must be free: it is how a caller learns
    what came of it.
    """
    count = getattr(req.context, "count_call", None)
    if count is None:
        return
    if client_order_id is not None:
        held = await in_database_thread(commands.asked, account_id, client_order_id)
        if held is not None:
            return
    await count()


def check_paper(name: str) -> None:
    """Raise `NotFound` for an account that is not the built-in one."""
    if name != PAPER:
        raise NotFound(f"There is no account {name[:64]} of yours; `paper` is always there.")


def client_id_of(req: Request, told: str | None) -> str | None:
    """Return the id under which a caller may repeat an order, from the body or the header."""
    header = req.get_header(HEADER)
    if header and told and header != told:
        raise InvalidRequest(
            f"client_order_id and {HEADER} differ; give one of them.", field="client_order_id"
        )
    chosen = told or header
    return check_name(chosen, "client_order_id") if chosen else None
