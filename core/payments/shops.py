"""What the operator has set of a payment provider."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.payments.events import Provider
from core.payments.products import Product


class Shop(NamedTuple):
    """What the operator has set of a provider: its secrets, what is sold, whose sales count."""

    provider: Provider
    secrets: Sequence[str]
    products: Mapping[str, Product]
    producer: str = ""
    locale: str = "en"
