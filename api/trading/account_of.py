"""Whose account a call is about: that of its key, and no other."""

from falcon.asgi import Request

from core.errors import InvalidRequest, NotFound
from core.names import check_name
from core.trading.accounts import PAPER

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
