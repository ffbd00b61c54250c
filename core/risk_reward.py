"""Where a position takes its profit and where it stops its loss, by name: `rr_3_1`."""

import re

import msgspec

from core.errors import InvalidRequest

_WHOLE = "([1-9]|1[0-9]|20)"
RR_PATTERN = f"^rr_{_WHOLE}_{_WHOLE}$"
# What one whole number of a configuration stands for: half of the horizon's volatility.
PART = 0.5


class RiskReward(msgspec.Struct, frozen=True):
    """Distances of both exits from the price, in halves of the horizon's volatility."""

    reward: int = 2
    risk: int = 1

    @property
    def name(self) -> str:
        """Return the configuration: `rr_2_1`."""
        return f"rr_{self.reward}_{self.risk}"

    @property
    def take_profit(self) -> float:
        """Return the distance of the take profit in volatilities of the horizon."""
        return self.reward * PART

    @property
    def stop_loss(self) -> float:
        """Return the distance of the stop loss in volatilities of the horizon."""
        return self.risk * PART


# The exits of a model of signals whose name says nothing of them.
USUAL = RiskReward()


def parse_rr_config(text: str) -> RiskReward:
    """Return the exits that `rr_{a}_{b}` names; raises `InvalidRequest`."""
    found = re.fullmatch(RR_PATTERN, text)
    if found is None:
        detail = "rr_config must be rr_1_1, rr_2_1, rr_3_1 or rr_{a}_{b} with a and b from 1 to 20."
        raise InvalidRequest(detail, field="rr_config")
    return RiskReward(int(found[1]), int(found[2]))


def is_rr_config(text: str) -> bool:
    """Say whether a text names exits."""
    return re.fullmatch(RR_PATTERN, text) is not None
