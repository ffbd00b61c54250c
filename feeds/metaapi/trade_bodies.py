"""What MetaApi is sent for what a venue is told to do."""

from decimal import Decimal

from core.venues.trades import SendClose, SendModify, SendOrder, VenueCommand

# Of comment and clientId together, more is refused there.
_MARKS = 26


def trade_body(command: VenueCommand) -> dict[str, object]:
    """Return what `POST /trade` is sent for a command."""
    if isinstance(command, SendOrder):
        return _order_body(command)
    if isinstance(command, SendClose):
        part = {} if command.volume is None else {"volume": float(command.volume)}
        action = "POSITION_PARTIAL" if part else "POSITION_CLOSE_ID"
        told = {"actionType": action, "positionId": command.position_id}
        return {**told, "clientId": command.client_id, **part}
    if isinstance(command, SendModify):
        told = {"actionType": "POSITION_MODIFY", "positionId": command.position_id}
        return {**told, **_stops(command.stop_loss, command.take_profit)}
    return {"actionType": "ORDER_CANCEL", "orderId": command.order_id}


def _order_body(command: SendOrder) -> dict[str, object]:
    kind = "" if command.type == "market" else f"_{command.type.upper()}"
    comment = command.comment[: max(0, _MARKS - len(command.client_id))]
    price = {} if command.price is None else {"openPrice": float(command.price)}
    return {
        "actionType": f"ORDER_TYPE_{command.side.upper()}{kind}",
        "symbol": command.symbol,
        "volume": float(command.volume),
        "clientId": command.client_id,
        "magic": command.magic,
        **price,
        **_stops(command.stop_loss, command.take_profit),
        **({"comment": comment} if comment else {}),
    }


def _stops(stop_loss: Decimal | None, take_profit: Decimal | None) -> dict[str, float]:
    given = {"stopLoss": stop_loss, "takeProfit": take_profit}
    return {name: float(value) for name, value in given.items() if value is not None}
