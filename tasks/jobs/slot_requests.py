"""What jobs about slots are asked for, as read from their requests."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import InvalidRequest
from core.slots import Slot, make_slot
from storage.stores import Stores

if TYPE_CHECKING:
    import pandas as pd


def requested_slot(request: Mapping[str, Any]) -> Slot:
    """Return the slot of a request with its five fields."""
    return make_slot(*(request[field] for field in Slot.__struct_fields__))


def read_frame(
    stores: Stores, slot: Slot, start: int | None = None, end: int | None = None
) -> "pd.DataFrame":
    """Return the candles of a slot's series that open from `start` to `end` (s) as a frame.

    Raises `InvalidRequest` if there are none.
    """
    candles = stores.candles.read(slot.series, start, end)
    if not len(candles):
        raise InvalidRequest(f"No candles are held of {slot.series} in this range.")
    return candles.to_frame()


def slot_fields(slot: Slot) -> dict[str, Any]:
    """Return a slot as results show it."""
    return {field: getattr(slot, field) for field in Slot.__struct_fields__}
