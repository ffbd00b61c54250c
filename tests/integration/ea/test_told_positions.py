"""Whatever becomes of positions at a broker, and however it is told, the server knows it so."""

import json
import random
from collections import defaultdict

import pytest

from feeds.simulator.metatrader.account import BUY, SELL, Account, Deal, Refused
from feeds.simulator.metatrader.reports import Tag
from feeds.simulator.metatrader.web_request import Unreliable
from tests.integration.ea.stage import Stage

NAME = "EURUSD.m"
KINDS = [("hedging", "mt5"), ("hedging", "mt4"), ("netting", "mt5")]
RESULTS = {"TP": "TP", "SL": "SL", "SO": "SO", "CLIENT": "MANUAL", "EXPERT": "EXPERT"}


@pytest.mark.parametrize(("mode", "program"), KINDS)
def test_parts_new_tickets_stops_and_turned_positions_end_as_their_deals_say(
    stage: Stage, mode: str, program: str
) -> None:
    drawn = random.Random(f"{mode} {program}")
    broker = stage.broker(days=1, mode=mode, program=program, balance=20_000.0)
    line = Unreliable(stage.line(program=program), seed=2, lost=0.3, late=0.3)
    trader = stage.trader(broker, line, trade=False)
    for number in range(80):
        stage.to(stage.now + 60, broker)
        _something(broker.account, drawn, number, stage.now)
        trader.reports.now()
        trader.on_timer()
    for _ in range(200):
        stage.to(stage.now + 1, broker)
        trader.reports.now()
        trader.report()
        if not trader.untold():
            break
    line.send_held()
    assert trader.refused == []
    answer = stage.line()(
        "GET", "/api/account/executions?limit=1000", f"X-API-Key: {stage.key}\r\n"
    )
    told = {row["ticket"]: row for row in json.loads(answer.body)["executions"]}
    expected = _own_positions(broker.account)
    assert len(expected) >= 10
    assert set(told) == set(expected)
    for ticket, deals in expected.items():
        _is_as_its_deals(told[ticket], deals, broker.account)


def _something(account: Account, drawn: random.Random, number: int, now: int) -> None:
    """Open a position for a signal, or do to one what users and brokers do."""
    own = [one for one in account.positions if one.magic == 20_020]
    what = drawn.random()
    try:
        if not own or (what < 0.4 and account.mode == "hedging"):
            side = drawn.choice([BUY, SELL])
            price = account.price(NAME).to_open(side)
            account.open(
                NAME, side, drawn.choice([0.3, 0.7, 1.0]), sl=round(price - side * 0.002, 5),
                tp=round(price + side * 0.002, 5), magic=20_020,
                comment=str(Tag(number + 1, "M5", now + 86_400)),
            )  # fmt: skip
        elif what < 0.7:
            account.close(drawn.choice(own).identifier, 0.1, reason="CLIENT")
        elif what < 0.8 and account.program == "mt5":
            account.reopen(drawn.choice(own).identifier)
        elif what < 0.9 and account.mode == "netting":
            held = own[0]
            account.open(NAME, -held.side, held.volume + 0.1, reason="CLIENT")
            account.close(held.identifier)  # what is left of it is nobody's
        else:
            account.close(drawn.choice(own).identifier, reason="CLIENT")
    except Refused:
        pass


def _own_positions(account: Account) -> dict[int, list[Deal]]:
    """Return the deals of each position that was opened for a signal, up to where it was turned."""
    found: dict[int, list[Deal]] = defaultdict(list)
    signalled: set[int] = set()
    for deal in account.deals:
        if deal.entry == "in" and (deal.comment.startswith("tc ") or deal.parent in signalled):
            signalled.add(deal.position_id)
        mine = found[deal.position_id]
        if deal.position_id in signalled and not any(one.entry == "inout" for one in mine):
            mine.append(deal)
    return {ticket: deals for ticket, deals in found.items() if deals}


def _is_as_its_deals(row: dict[str, object], deals: list[Deal], account: Account) -> None:
    first, outs = deals[0], [deal for deal in deals if deal.entry != "in"]
    over = account.find(first.position_id) is None or deals[-1].entry == "inout"
    assert row["signal"] == ("BUY" if first.side == BUY else "SELL")
    assert row["entry_price"] == pytest.approx(first.price, abs=1e-9)
    assert (row["closed_at"] is not None) == over
    if not outs:
        assert row["pnl"] is None
        return
    earned = sum(deal.profit + deal.commission + deal.swap for deal in deals)
    assert row["pnl"] == pytest.approx(earned, abs=0.005)
    weights = sum(deal.volume for deal in outs)
    average = sum(deal.price * deal.volume for deal in outs) / weights
    assert row["exit_price"] == pytest.approx(average, abs=0.51e-5)
    if over:
        assert row["result"] == RESULTS[outs[-1].reason]
