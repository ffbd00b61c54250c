"""`tickcast trading`: the paper account, and its kill switch."""

from typing import Annotated, Any

import typer
from rich.table import Table

from client.calls.trading import StopRule
from client.commands.output import AsJson, answer, connect, facts, moment, percent, table

app = typer.Typer(
    help="The paper account: status, positions, orders, decisions, rule, halt, resume, verify.",
    no_args_is_help=True,
)

FAILED = 1
Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]
Everybody = Annotated[bool, typer.Option("--all", help="Every account; for owners.")]
Flatten = Annotated[bool, typer.Option("--flatten", help="Close what is held, too.")]
Limit = Annotated[int, typer.Option(help="How many, the newest first; 0 for all.", min=0)]


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show what the account may do, and how much of its limits is used."""
    with connect(as_json) as tickcast:
        found = tickcast.trading_status()
    answer(as_json, found, _status)


@app.command()
def positions(as_json: AsJson = False) -> None:
    """Show the account at the newest prices, and what it holds."""
    with connect(as_json) as tickcast:
        found = tickcast.portfolio()
    answer(as_json, found, _positions)


@app.command()
def orders(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List orders with their states, refused ones too."""
    with connect(as_json) as tickcast:
        found = tickcast.orders(limit or None)
    answer(as_json, found, lambda found: [_orders(found)])


@app.command()
def decisions(
    limit: Limit = 50,
    symbol: Annotated[str | None, typer.Option(help="Of this market alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what was decided of sealed signals, and why."""
    with connect(as_json) as tickcast:
        found = tickcast.decisions(limit or None, symbol=symbol)
    answer(as_json, found, lambda found: [_decisions(found)])


@app.command()
def rule(
    max_drawdown: Annotated[
        float | None, typer.Option(help="Stop once equity is this share below its highest.")
    ] = None,
    min_brier_skill: Annotated[
        float | None, typer.Option(help="Stop where the chances that were said show less skill.")
    ] = None,
    by_trades: Annotated[
        int | None, typer.Option(help="After so many trades that skill must be shown.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why a looser rule is stated after trades.")] = "",
    as_json: AsJson = False,
) -> None:
    """State what would count as failure, or show how the account stands to what was stated."""
    told: StopRule = {}
    if max_drawdown is not None:
        told["max_drawdown"] = max_drawdown
    if min_brier_skill is not None:
        told["min_brier_skill"] = min_brier_skill
    if by_trades is not None:
        told["by_trades"] = by_trades
    with connect(as_json) as tickcast:
        found = tickcast.stop_rule(reason, **told)
    answer(as_json, found, _rule)


@app.command()
def halt(
    reason: Reason = "by hand",
    flatten: Flatten = False,
    everybody: Everybody = False,
    as_json: AsJson = False,
) -> None:
    """Take no orders from now on; exit 1 unless the trader has acknowledged it."""
    with connect(as_json) as tickcast:
        found = tickcast.halt(reason, flatten=flatten, everybody=everybody)
    _switched(as_json, found)


@app.command()
def reduce(
    reason: Reason = "by hand",
    flatten: Flatten = False,
    everybody: Everybody = False,
    as_json: AsJson = False,
) -> None:
    """Take only orders that shrink positions; exit 1 unless the trader has acknowledged it."""
    with connect(as_json) as tickcast:
        found = tickcast.reduce(reason, flatten=flatten, everybody=everybody)
    _switched(as_json, found)


@app.command()
def resume(
    reason: Annotated[str, typer.Option(help="Why orders may be taken again; it is recorded.")],
    everybody: Everybody = False,
    as_json: AsJson = False,
) -> None:
    """Take orders again; for owners."""
    with connect(as_json) as tickcast:
        found = tickcast.resume(reason, everybody=everybody)
    _switched(as_json, found)


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Have all events of the account computed anew and compared; exit 1 if any differs."""
    with connect(as_json) as tickcast:
        found = tickcast.verify_trading()
    answer(as_json, found, _verified)
    if not found["ok"]:
        raise typer.Exit(FAILED)


def _switched(as_json: bool, found: dict[str, Any]) -> None:
    answer(as_json, found, _switch)
    if not found["acknowledged"]:
        raise typer.Exit(FAILED)


def _switch(found: dict[str, Any]) -> list[Table | str]:
    told = {name: found[name] for name in ("state", "epoch", "reason")}
    told["cancelled"] = ", ".join(found["cancelled"]) or "nothing"
    told["in flight"] = ", ".join(found["in_flight"]) or "nothing"
    proof = (
        "Acknowledged: no order is sent after this that it forbids."
        if found["acknowledged"]
        else "Recorded, but the trader has not confirmed it yet."
    )
    return [facts("", told), f"\n{proof}"]


def _status(found: dict[str, Any]) -> list[Table]:
    trader, last = found["trader"], found["last_decision"]
    told = {
        "state": found["state"],
        "reason": found["reason"] or None,
        "mode": found["mode"],
        "by itself": "on" if found["enabled"] else "off",
        "trader": "ready" if trader["alive"] else "away",
        "last decision": last and f"{last['action']} {last['symbol']}: {last['reasoning']}",
    }
    limits, used = found["limits"], found["used"]
    rows = [
        ("trades today", used["trades_today"], limits["trades_a_day"]),
        ("open positions", used["open_positions"], limits["open_positions"]),
        ("exposure", percent(used["gross"]), percent(limits["gross"])),
        ("loss of the day", percent(used["daily_loss"]), percent(limits["daily_loss"])),
        ("below the peak", percent(used["drawdown"]), percent(limits["drawdown"])),
    ]
    shown = {name: value for name, value in told.items() if value is not None}
    return [facts("", shown), table("\nLimits", ("", "used", "of"), rows)]


def _rule(found: dict[str, Any] | None) -> list[Table | str]:
    if found is None:
        return ["No stopping rule was stated: tickcast trading rule --max-drawdown 0.1 states one."]
    told = {
        "stated": moment(found["stated_at"]),
        "trades since": f"{found['trades']} (judged after {found['by_trades']})",
        "stopped because": found["broken"] or "not broken",
    }
    rows = [
        ("fall from the peak", percent(found["drawdown"]), percent(found["max_drawdown"])),
        ("Brier skill", found["brier_skill"], found["min_brier_skill"]),
    ]
    return [facts("", told), table("\nRule", ("", "now", "stops at"), rows)]


def _positions(found: dict[str, Any]) -> list[Table]:
    account = found["account"]
    names = ("currency", "equity", "balance", "free_margin", "state")
    told = {name.replace("_", " "): account[name] for name in names}
    columns = ("id", "symbol", "side", "volume", "entry", "now", "stop", "target", "unrealised")
    rows = [
        (one["id"], one["symbol"], one["direction"], one["volume"], one["open_price"],
         one["current_price"], one["stop_loss"], one["take_profit"], one["unrealised"]["account"])
        for one in found["positions"]
    ]  # fmt: skip
    return [facts("", told), table("\nPositions", columns, rows)]


def _orders(found: list[dict[str, Any]]) -> Table:
    columns = ("id", "recorded", "state", "action", "volume", "symbol", "price", "filled at", "why")
    return table("Orders", columns, [
        (one["id"], moment(one["created_at"]), one["state"], one["action"], one["volume"],
         one["symbol"], one["price"], one["fill_price"], one["refused_by"] or one["reason"] or None)
        for one in found
    ])  # fmt: skip


def _decisions(found: list[dict[str, Any]]) -> Table:
    columns = ("decided", "symbol", "action", "confidence", "came to", "order", "id", "why")
    return table("Decisions", columns, [
        (moment(one["timestamp"]), one["symbol"], one["action"], one["confidence"], one["result"],
         one["order_id"], one["id"], one["reasoning"])
        for one in found
    ])  # fmt: skip


def _verified(found: dict[str, Any]) -> list[Table]:
    told = {
        "result": "ok" if found["ok"] else "failed",
        "events": found["replayed"],
        "head": found["head"] or None,
        "chain": found["chain_reason"] or "ok",
    }
    rows = [(one["number"], one["reason"]) for one in found["differences"]]
    differences = [table("\nDifferences", ("row", "what differs"), rows)] if rows else []
    return [facts("", told), *differences]
