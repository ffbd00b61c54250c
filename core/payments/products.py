"""Which plan a product of a payment provider opens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from core.robots.accounts import TIERS


@dataclass(frozen=True)
class Product:
    """A plan, and for how many days a payment opens it where the provider does not say."""

    plan: Literal["basic", "pro"]
    days: int = 31

    def __post_init__(self) -> None:
        if not 1 <= self.days <= 3_660:
            raise ValueError("days must lie between 1 and 3,660")


def best_product(names: Iterable[str], products: Mapping[str, Product]) -> Product | None:
    """Return the highest plan that the named products open, None if none of them is ours."""
    known = [products[name] for name in names if name in products]
    return max(known, key=lambda one: (TIERS.index(one.plan), one.days), default=None)
