"""Technical indicators of the newest candle."""

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.schemas import TaskQueued
from api.http.short_work import ShortWork
from api.http.threads import in_thread
from api.http.v1_envelope import V1Error, succeed
from api.markets.symbol_resolver import SymbolResolver
from api.v1.named_series import named_series, no_candles_of
from api.v1.schemas_indicators import IndicatorsAnswer, IndicatorsQuery
from core.answers.indicators import IndicatorsData, IndicatorValues
from core.clock.resolutions import parse_resolution
from core.errors import InvalidRequest
from core.requests import SeriesRequest
from core.series import Series
from storage.candles.candle_store import CandleStore
from tasks.task_table import COMPUTE_INDICATORS

Groups = dict[str, tuple[str, ...]]


def _groups() -> Groups:
    """Return the parts of each group, none for one that is a value itself."""
    found: Groups = {}
    for field in msgspec.structs.fields(IndicatorValues):
        kinds = getattr(field.type, "__args__", ())
        parts = next((kind for kind in kinds if issubclass(kind, msgspec.Struct)), None)
        found[field.name] = parts.__struct_fields__ if parts else ()
    return found


GROUPS = _groups()
NAMES = tuple(dict.fromkeys([*GROUPS, *(part for parts in GROUPS.values() for part in parts)]))


class IndicatorsResource:
    """`GET /api/v1/indicators`"""

    def __init__(
        self,
        candles: CandleStore,
        work: ShortWork,
        symbols: SymbolResolver,
        default_resolution: str,
    ) -> None:
        self._candles = candles
        self._work = work
        self._symbols = symbols
        self._default_resolution = default_resolution

    @operation(
        "indicators",
        "v1",
        {200: IndicatorsAnswer, 202: TaskQueued},
        more=TASK,
        failure=V1Error,
    )
    async def on_get(self, req: Request, resp: Response, query: IndicatorsQuery) -> None:
        """Return TA-Lib's indicators of the newest candle, finished or not."""
        wanted = wanted_paths(query.indicators)
        resolution = parse_resolution(query.resolution or self._default_resolution)
        series = await in_thread(self._held, query.symbol, query.platform, resolution)
        request = SeriesRequest(**msgspec.structs.asdict(series))
        found = await self._work.result(req, resp, COMPUTE_INDICATORS, request)
        if found is not None:
            resp.media = succeed(req, chosen(found, wanted))

    def _held(self, symbol: str, platform: str | None, resolution: int) -> Series:
        series = named_series(self._symbols, symbol, platform, resolution)
        if not len(self._candles.read(series, limit=1, newest=True)):
            raise no_candles_of(series.symbol, resolution, self._symbols)
        return series


def wanted_paths(asked: str) -> frozenset[str] | None:
    """Return the paths that `indicators=` names, None for all; raises `InvalidRequest`."""
    names = [name.strip() for name in asked.split(",") if name.strip()]
    if not names:
        return None
    paths: set[str] = set()
    for name in names:
        found = {path for path in _paths() if name in (path, *path.split("."))}
        if not found:
            detail = f"indicators: {name[:64]} is none of {', '.join(NAMES)}."
            raise InvalidRequest(detail, field="indicators", choices=NAMES)
        paths |= found
    return frozenset(paths)


def _paths() -> list[str]:
    return [
        f"{group}.{part}" if part else group
        for group, parts in GROUPS.items()
        for part in parts or ("",)
    ]


def chosen(found: IndicatorsData, wanted: frozenset[str] | None) -> IndicatorsData:
    """Return the answer with only those values and reasons that are wanted."""
    if wanted is None:
        return found
    values = IndicatorValues()
    for path in _paths():
        group, _, part = path.partition(".")
        held = getattr(found.indicators, group)
        if path in wanted and part:
            shown = getattr(values, group) or type(held)()
            setattr(shown, part, getattr(held, part))
            setattr(values, group, shown)
        elif path in wanted:
            setattr(values, group, held)
    told = wanted | {"summary.trend", "summary.momentum", "summary.volatility"}
    reasons = {path: reason for path, reason in found.reasons.items() if path in told}
    return msgspec.structs.replace(found, indicators=values, reasons=reasons)
