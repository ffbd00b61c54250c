"""What an account holds and is worth."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.trading.account_of import account_number
from api.trading.schemas import (
    Exposure,
    HeldPosition,
    Pnl,
    PortfolioAnswer,
    PortfolioQuery,
    RiskShown,
    SignalOfPosition,
    TradedAccount,
    Unrealised,
)
from api.trading.valued import PaperAccounts, Valued
from api.trading.venues.accounts import CallersAccounts
from api.trading.venues.foreign import foreign_positions
from core.clock.times import format_time
from core.trading.accounts import MONEY, PAPER
from trading.money import price_of, volume_of
from trading.portfolio import Held


class PortfolioResource:
    """`GET /api/portfolio`"""

    def __init__(self, accounts: PaperAccounts, callers: CallersAccounts) -> None:
        self._accounts = accounts
        self._callers = callers

    @operation("portfolio", "trading", {200: PortfolioAnswer}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, query: PortfolioQuery) -> None:
        """Return the account of the key at the newest prices, and what it holds.

        A position whose price is old keeps the last one, and says `stale`.
        """
        owner = account_number(req)
        number = await in_database_thread(self._callers.number, owner, query.account)
        resp.media = show_portfolio(await in_thread(self._accounts.value, number), query.account)


def money(units: int) -> float:
    """Return units of 1e-8 as an amount."""
    return units / MONEY


def show_account(found: Valued, name: str = PAPER) -> TradedAccount:
    """Return an account as answers tell it."""
    figures, account = found.figures, found.account
    level = round(100 * figures.equity / figures.margin, 2) if figures.margin else None
    return TradedAccount(
        id=name,
        mode="paper" if account.at_venue is None else "live",
        currency=account.currency,
        balance=money(figures.balance),
        equity=money(figures.equity),
        margin=money(figures.margin),
        free_margin=money(figures.equity - figures.margin),
        margin_level=level,
        leverage=account.leverage,
        state=found.state,
        reason=found.reason,
    )


def show_portfolio(found: Valued, name: str) -> PortfolioAnswer:
    """Return an account and what it holds as answers tell it under `name`."""
    figures = found.figures
    return PortfolioAnswer(
        account=show_account(found, name),
        positions=[show_position(one, found) for one in figures.held]
        + foreign_positions(found.account, figures.equity),
        exposure=Exposure(
            gross=money(figures.gross),
            net=money(figures.net),
            by_symbol={name: money(units) for name, units in figures.by_symbol.items()},
            by_currency={name: money(units) for name, units in figures.by_currency.items()},
        ),
        pnl=Pnl(
            today=money(figures.today),
            realised=money(figures.realised),
            unrealised=money(figures.unrealised),
            commission=money(figures.commission),
            swap=money(figures.swap),
            total=money(figures.equity - found.deposited),
        ),
        risk=RiskShown(
            open_risk=money(figures.open_risk),
            daily_loss_left=money(figures.daily_loss_left),
            trades_left=figures.trades_left,
            drawdown=round(figures.drawdown, 8),
        ),
        as_of=format_time(found.at),
    )


def show_position(held: Held, found: Valued) -> HeldPosition:
    """Return an open position as answers tell it."""
    position = held.position
    instrument = position.instrument
    volume = volume_of(instrument, position.volume)
    age = None if held.at is None else max(0, found.at - held.at) / 1_000
    signal = None
    if position.signal_seq is not None:
        signal = SignalOfPosition(None, position.signal_seq, position.signal_hash or "")
    price = price_of(instrument, held.price) if held.price is not None else None
    opened = position.cost / MONEY / float(volume * instrument.contract_size)
    return HeldPosition(
        id=position.venue_id or str(position.id),
        symbol=instrument.symbol,
        platform=instrument.platform,
        direction="long" if position.side == "buy" else "short",
        volume=float(volume),
        open_price=round(opened, 10),
        current_price=None if price is None else float(price),
        price_age_s=age,
        stale=age is None or 1_000 * age > found.fresh_ms(position),
        stop_loss=_price(held, position.stop_loss),
        take_profit=_price(held, position.take_profit),
        notional=money(held.notional),
        exposure_pct=round(100 * held.notional / found.figures.equity, 4)
        if found.figures.equity > 0
        else 0.0,
        unrealised=Unrealised(money(held.quote), money(held.account)),
        swap=money(position.swap),
        commission=money(position.commission),
        opened_at=format_time(position.opened_at),
        decision_id=position.decision_id,
        signal=signal,
        override=position.override,
        foreign=False,
    )


def _price(held: Held, ticks: int | None) -> float | None:
    return None if ticks is None else float(price_of(held.position.instrument, ticks))
