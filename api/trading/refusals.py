"""What a refused command is answered with."""

from falcon.asgi import Response

from api.trading.command_door import Carried
from core.errors import (
    Conflict,
    ExchangeUnavailable,
    Forbidden,
    NotFound,
    TickcastError,
    Unavailable,
)
from core.trading.orders import CommandResult

_REPLAYED = "Idempotent-Replay"


class RefusedByRisk(Conflict):
    """A limit of the account refuses an order; `limit` names it."""

    type = "refused_by_risk"

    def __init__(self, detail: str, limit: str) -> None:
        super().__init__(detail)
        self.limit = limit


class TradingHalted(Conflict):
    """The account may not trade at present."""

    type = "trading_halted"


class NoPrice(Unavailable):
    """No price that is new enough is known of a market."""

    type = "no_fresh_price"


def check_carried(resp: Response, carried: Carried) -> None:
    """Raise the error of a command that was refused; of a repeated one a header says so."""
    if carried.submitted.replayed:
        resp.set_header(_REPLAYED, "true")
    if carried.result.outcome == "refused":
        raise _refusal(carried.result)


def _refusal(result: CommandResult) -> TickcastError:
    if result.limit == "gate":
        return Forbidden(result.detail)
    if result.limit == "venue":
        return ExchangeUnavailable(result.detail, retry_after=5)
    if result.limit == "state":
        return TradingHalted(result.detail)
    if result.limit == "price":
        return NoPrice(result.detail, retry_after=5)
    if result.limit in ("position", "order"):
        return NotFound(result.detail)
    return RefusedByRisk(result.detail, result.limit)
