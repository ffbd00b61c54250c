"""How the inputs of a slot's model stand against those that it learnt from."""

from typing import Literal

import msgspec

# By custom from these values of PSI on inputs have moved; and from this percentage on they lack.
WATCHED_FROM, DRIFTED_FROM, LACKING_FROM = 0.1, 0.25, 5.0
InputStatus = Literal["ok", "watch", "drift", "missing", "unknown"]


class InputHealth(msgspec.Struct, frozen=True):
    """An input: its population stability index, None if there is nothing to compare with.

    `missing_percent` is of the candles that its market should have had of late.
    """

    name: str
    psi: float | None
    missing_percent: float

    @property
    def status(self) -> InputStatus:
        """Say how it is: what lacks first, then how far it has moved."""
        if self.missing_percent >= LACKING_FROM:
            return "missing"
        if self.psi is None:
            return "unknown"
        if self.psi >= DRIFTED_FROM:
            return "drift"
        return "watch" if self.psi >= WATCHED_FROM else "ok"


class InputReport(msgspec.Struct, frozen=True):
    """The inputs of a slot at an instant (epoch ms); `run_id` is the training they are held to."""

    measured_at: int
    run_id: str | None
    inputs: list[InputHealth]
