"""The query of `GET /api/v1/indicators`; its answer is `core.answers.indicators`."""

from typing import Annotated

from msgspec import Meta, Struct

from api.http.schemas import Name, Resolution, Symbol
from api.http.v1_envelope import success_of
from core.answers.indicators import IndicatorsData


class IndicatorsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which series and which of its indicators; none named gives all."""

    symbol: Symbol
    indicators: Annotated[
        str,
        Meta(
            description="Groups (`macd`), values (`sma_20`) or paths (`macd.line`), with commas.",
            max_length=1_000,
        ),
    ] = ""
    platform: Name | None = None
    resolution: Resolution | None = None


IndicatorsAnswer = success_of("IndicatorsAnswer", IndicatorsData)
