"""What an account was worth, and what its trades came to."""

import statistics
from collections.abc import Mapping, Sequence
from functools import partial

from falcon.asgi import Request, Response
from msgspec import convert

from api.docs.openapi import operation
from api.http.cursors import read_cursor, write_cursor
from api.http.ranges import Range, instants
from api.http.threads import in_database_thread
from api.trading.account_of import account_number
from api.trading.schemas_history import (
    EndedTrade,
    EquityQuery,
    EquityShown,
    ForecastOfTrade,
    HistorySummary,
    PaperGap,
    ShadowDifference,
    ShadowShown,
    TradePnl,
    TradingHistory,
)
from api.trading.venues.accounts import CallersAccounts
from core.clock.resolutions import parse_resolution
from core.clock.times import format_time
from core.trading.accounts import DAY_MS, MONEY
from core.trading.decisions import Decision
from core.trading.orders import TradeBody
from core.trading.shadows import SHADOWS, Shadow, shadow_of
from storage.stores import Stores
from storage.trading.accounts import ClosedTrade, EquityPoint
from trading.results import (
    LEAST_DAYS,
    Judged,
    brier,
    drawdowns,
    judged,
    mean_interval,
    results,
    sharpe,
)
from trading.shadows import difference

Forecasts = Mapping[str, ForecastOfTrade]

# So many points and trades are read for the figures of a span.
_MOST = 100_000
_TOO_FEW = f"fewer than {LEAST_DAYS} days"


class HistoryResource:
    """`GET /api/portfolio/history`"""

    def __init__(self, stores: Stores, callers: CallersAccounts) -> None:
        self._callers = callers
        self._trading = stores.trading
        self._decisions = stores.decisions

    @operation("portfolio_history", "trading", {200: TradingHistory}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, query: EquityQuery) -> None:
        """Return what the account of the key was worth, and what its trades came to.

        Equity is noted once an hour and at each fill; of a resolution the last of each span is
        told. The summary is of all trades of the span, on whatever page.
        """
        span = instants(query.start or None, query.end or None)
        before = read_cursor(query.cursor) if query.cursor else None
        owner = account_number(req)
        number = await in_database_thread(self._callers.number, owner, query.account)
        read = partial(self._read, number, span, query, before)
        resp.media = await in_database_thread(read)

    def _read(
        self, account_id: int, span: Range, query: EquityQuery, before: int | None
    ) -> TradingHistory:
        every = self._trading.equity(account_id, *span, _MOST)
        length_ms = parse_resolution(query.resolution) * 1_000
        points = _last_of(every, length_ms)
        trades = self._trading.trades(account_id, *span, query.limit + 1, before)
        shown = trades[: query.limit]
        ended = _read_bodies(self._trading.trades(account_id, *span, _MOST))
        decided = {one.decision_id for one in ended if one.decision_id is not None}
        made = self._decisions.made(account_id, decided)
        forecasts = {
            name: forecast for name, decision in made.items() if (forecast := _forecast(decision))
        }
        return TradingHistory(
            equity=_equity(points)[-query.limit :],
            trades=[_trade(one, forecasts) for one in shown],
            summary=_summary(every, ended, judged(ended, made)),
            shadows=[
                self._shadow(account_id, name, span, length_ms, query.limit, ended)
                for name in SHADOWS
                if self._trading.get(shadow_of(account_id, name)) is not None
            ],
            next_cursor=write_cursor(shown[-1].number) if len(trades) > query.limit else None,
        )

    def _shadow(
        self,
        account_id: int,
        name: Shadow,
        span: Range,
        length_ms: int,
        limit: int,
        mine: Sequence[TradeBody],
    ) -> ShadowShown:
        number = shadow_of(account_id, name)
        points = self._trading.equity(number, *span, _MOST)
        ended = _read_bodies(self._trading.trades(number, *span, _MOST))
        found = results([one.net for one in ended], [one.r for one in ended])
        worth = [point.equity for point in points]
        # Who does nothing would have had 0 R of each decision.
        own = _by_decision(mine)
        theirs = dict.fromkeys(own, 0.0) if name == "always_flat" else _by_decision(ended)
        return ShadowShown(
            name=name,
            equity=_equity(_last_of(points, length_ms))[-limit:],
            n=found.n,
            net=found.net,
            expectancy_r=found.expectancy_r,
            total_return=_return(worth),
            max_drawdown=max(drawdowns(worth), default=0.0),
            difference=ShadowDifference(*difference(own, theirs)),
        )


def _by_decision(bodies: Sequence[TradeBody]) -> dict[str, float]:
    """Return what each decision came to in R; of positions that ended in parts all together."""
    found: dict[str, float] = {}
    for body in bodies:
        if body.decision_id is not None and body.r is not None:
            found[body.decision_id] = found.get(body.decision_id, 0.0) + body.r
    return found


def _return(worth: Sequence[int]) -> float | None:
    return worth[-1] / worth[0] - 1 if worth and worth[0] > 0 else None


def _last_of(points: Sequence[EquityPoint], length_ms: int) -> list[EquityPoint]:
    return list({point.at // length_ms: point for point in points}.values())


def _equity(points: Sequence[EquityPoint]) -> list[EquityShown]:
    below = drawdowns([point.equity for point in points])
    return [
        EquityShown(
            format_time(point.at),
            point.balance / MONEY,
            point.equity / MONEY,
            round(100 * fallen, 6),
        )
        for point, fallen in zip(points, below, strict=True)
    ]


def _read_bodies(trades: Sequence[ClosedTrade]) -> list[TradeBody]:
    return [convert(one.body, TradeBody) for one in trades]


def _forecast(decision: Decision) -> ForecastOfTrade | None:
    if decision.prob_tp_first is None or decision.baseline is None:
        return None
    return ForecastOfTrade(decision.prob_tp_first, decision.baseline)


def _trade(trade: ClosedTrade, forecasts: Forecasts) -> EndedTrade:
    body = convert(trade.body, TradeBody)
    return EndedTrade(
        id=str(trade.number),
        symbol=body.symbol,
        platform=body.platform,
        direction="long" if body.side == "buy" else "short",
        volume=body.volume,
        opened_at=format_time(body.opened_at),
        closed_at=format_time(trade.closed_at),
        open_price=body.open_price,
        close_price=body.close_price,
        exit=body.exit,
        pnl=TradePnl(body.gross, body.costs, body.net, body.r),
        slippage=body.slippage,
        entry_gap_bps=body.entry_gap_bps,
        exit_gap_bps=body.exit_gap_bps,
        decision_id=body.decision_id,
        signal_hash=body.signal_hash,
        forecast=forecasts.get(body.decision_id or ""),
        override=body.override,
    )


def _summary(
    points: Sequence[EquityPoint], bodies: Sequence[TradeBody], said: Sequence[Judged]
) -> HistorySummary:
    found = results([one.net for one in bodies], [one.r for one in bodies])
    worth = [point.equity for point in points]
    ratio = sharpe([point.equity for point in _last_of(points, DAY_MS)])
    return HistorySummary(
        n=found.n,
        win_rate=found.win_rate,
        profit_factor=found.profit_factor,
        expectancy_r=found.expectancy_r,
        total_return=_return(worth),
        max_drawdown=max(drawdowns(worth), default=0.0),
        sharpe=ratio,
        sharpe_reason=_TOO_FEW if ratio is None else None,
        ci=found.interval,
        brier=brier([(one.said, one.came) for one in said]),
        brier_baseline=brier([(one.baseline, one.came) for one in said]),
        slippage_mean=statistics.fmean(one.slippage for one in bodies) if bodies else None,
        paper_gap=_paper_gap(bodies),
    )


def _paper_gap(bodies: Sequence[TradeBody]) -> PaperGap:
    told = [gap for one in bodies for gap in (one.entry_gap_bps, one.exit_gap_bps)]
    known = [gap for gap in told if gap is not None]
    return PaperGap(len(known), statistics.fmean(known) if known else None, mean_interval(known))
