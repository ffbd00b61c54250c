"""What MetaApi says of an account is read whole, or is no answer."""

import msgspec
import pytest

from core.errors import ExchangeUnavailable
from feeds.metaapi.answers import deals_of, price_of, specification_of

PRICE = {"symbol": "EURUSD", "bid": 1.08, "ask": 1.081, "time": "2025-01-31T12:00:00Z"}
SPECIFICATION = {
    "symbol": "EURUSD", "tickSize": 0.00001, "minVolume": 0.01, "maxVolume": 100,
    "volumeStep": 0.01, "contractSize": 100_000, "digits": 5,
}  # fmt: skip
DEAL = {
    "id": "1", "symbol": "EURUSD", "type": "DEAL_TYPE_BUY", "entryType": "DEAL_ENTRY_IN",
    "time": "2025-01-31T12:00:00Z", "volume": 0.01, "price": 1.08,
}  # fmt: skip


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "1e16", "-1e9999999"])
def test_a_number_that_none_can_go_by_is_no_answer(number: str) -> None:
    for read, body in (
        (price_of, PRICE | {"bid": number}),
        (specification_of, SPECIFICATION | {"swapLong": number}),
        (specification_of, SPECIFICATION | {"maxVolume": number}),
        (deals_of, [DEAL | {"profit": number}]),
    ):
        with pytest.raises(ExchangeUnavailable, match="cannot be read"):
            read(msgspec.json.encode(body))


def test_a_deposit_is_no_trade() -> None:
    deposit = {"id": "2", "type": "DEAL_TYPE_BALANCE", "time": DEAL["time"], "profit": 10_000}
    (deal,), whole = deals_of(msgspec.json.encode([deposit, DEAL]))
    assert (deal.id, deal.entry, whole) == ("1", "in", True)
