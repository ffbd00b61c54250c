"""What TickcastTrader.mq5 does: ask for signals, trade them if it may, report what became of it.

It remembers nothing that the broker does not hold: which signal an order was for, and
until when, stands in the order's comment, and after a restart everything is told again.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from feeds.simulator.metatrader.account import BUY, SELL, Deal, Position, Refused
from feeds.simulator.metatrader.backoff import Pace
from feeds.simulator.metatrader.broker import Broker
from feeds.simulator.metatrader.mql_text import array_of, body_of, object_of
from feeds.simulator.metatrader.reports import (
    TIME,
    Report,
    Tag,
    account_text,
    report_of,
    report_text,
)
from feeds.simulator.metatrader.web_request import BUILD, Answer, Caller

VERSION = "1.0"
SCAN_S, HEARTBEAT_S, REPORT_S = 15, 60, 1
# Soon after a close there is something new: it is asked for more often for a minute.
AFTER_CLOSE_S, SETTLED_S, WAIT_S = 5, 60, 3
QUARTER_S = 900
# Tried again: the key may be renewed, the limit passes, and a fault of the server's does too.
PASSING = (401, 408, 429)

Why = Literal["spread", "margin", "disabled", "late", "max_positions", "symbol", "other"]


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a user sets; trading is off unless he says so. `symbols` are broker names by ours."""

    trade: bool = False
    risk_percent: float = 0.5
    most_lots: float = 1.0
    most_positions: int = 10
    min_confidence: float = 0.0
    magic: int = 20_020
    suffix: str = ""
    symbols: Mapping[str, str] = msgspec.field(default_factory=dict)


class TraderAgent:
    """One terminal that trades by signals; call `on_timer` each second."""

    def __init__(
        self, broker: Broker, send: Caller, key: str, inputs: Inputs, *,
        content_type: str | None = "application/json", nul: bool = True, gmt_off_s: int = 0,
    ) -> None:  # fmt: skip
        self._broker, self._account, self._send = broker, broker.account, send
        self._key_line = f"X-API-Key: {key}\r\n"
        self._type_line = f"Content-Type: {content_type}\r\n" if content_type else ""
        self.inputs = inputs
        self._nul, self._gmt_off_s = nul, gmt_off_s
        self.scans, self.heartbeats, self.reports = Pace(SCAN_S), Pace(HEARTBEAT_S), Pace(REPORT_S)
        self.items: dict[int, dict[str, Any]] = {}
        self._etag = ""
        self._ahead_ms: int | None = None
        self._next_close = 0
        self._told: dict[int, Report] = {}
        self._skipped: dict[int, Why] = {}
        self.answers: list[Answer] = []
        self.refused: list[str] = []
        self._problem = ""

    def on_timer(self) -> None:
        """Do what is due: ask, close, open, report, say that it lives."""
        now = self._broker.now_ms
        if self.scans.is_due(now):
            self._scan(now)
        if self._ahead_ms is None:
            return
        self._close_what_is_over()
        self.report()
        if self.heartbeats.is_due(now):
            self._live(now)

    def report(self) -> None:
        """Tell what has changed since the server last took it."""
        now = self._broker.now_ms
        for report in self._changed():
            if not self.reports.is_due(now):
                return
            answer = self._post("/api/executions", self._written(report))
            self.reports.note(now, answer)
            self.answers.append(answer)
            if answer.status == 201 or _is_refusal(answer):
                self._told[report.ticket] = report
                if answer.status != 201:
                    self.refused.append(answer.body.decode(errors="replace"))
                self.reports.now()

    def untold(self) -> int:
        """Return how many changes the server has not taken yet."""
        return len(list(self._changed()))

    def state(self) -> str:
        """Return in a line how the trader fares."""
        if self._problem or self._ahead_ms is None:
            return self._problem
        spoken = [item for item in self.items.values() if item["signal"] != "NO_TRADE"]
        told = len(self._told)
        return f"trader: {len(self.items)} signals, {len(spoken)} to trade, {told} positions told"

    def _scan(self, now: int) -> None:
        known = f"If-None-Match: {self._etag}\r\n" if self._etag else ""
        path = f"/api/scan?min_confidence={self.inputs.min_confidence:.2f}"
        answer = self._send("GET", path, self._key_line + known)
        self._problem = answer.problem("scan")
        if answer.status == 200:
            self._take(json.loads(answer.body), answer.header("ETag"))
        self.scans.every_s = self._until_next_scan()
        self.scans.note(now, answer)
        # A key that has ended opens nothing more; what is open is still looked after.
        if answer.status in (200, 304):
            for item in self.items.values():
                self._consider(item)

    def _take(self, scan: dict[str, Any], etag: str) -> None:
        self._etag = etag
        self._learn_time(scan["server_time_unix"])
        self._next_close = scan["next_close_unix"]
        self.items = {item["pred_id"]: item for item in scan["items"]}
        self._skipped = {id_: why for id_, why in self._skipped.items() if id_ in self.items}

    def _until_next_scan(self) -> int:
        left = self._next_close - self._unix_s()
        if left > 0:
            return min(left + WAIT_S, SCAN_S)
        return AFTER_CLOSE_S if left > -SETTLED_S else SCAN_S

    def _live(self, now: int) -> None:
        broker, account = self._broker, self._account
        skipped = [object_of(pred_id=id_, why=why) for id_, why in self._skipped.items()]
        text = object_of(
            version=VERSION, platform=account.program, build=BUILD,
            account=account_text(account),
            server_time=broker.server_s, gmt_time=now // 1_000 + self._gmt_off_s,
            open_positions=len(self._own()), skipped=array_of(skipped),
        )  # fmt: skip
        answer = self._post("/api/ea/heartbeat", text)
        self.heartbeats.note(now, answer)
        if answer.status == 200:
            self._learn_time(json.loads(answer.body)["server_time_unix"])

    def _consider(self, item: dict[str, Any]) -> None:
        """Open what a signal says, or note why not."""
        id_ = item["pred_id"]
        if item["signal"] == "NO_TRADE" or id_ in self._taken():
            return
        why = self._against(item) or self._open(item)
        if why:
            self._skipped.setdefault(id_, why)
        else:
            self._skipped.pop(id_, None)

    def _against(self, item: dict[str, Any]) -> Why | None:
        name, own = self._broker_name(item["symbol"]), self._own()
        if not self.inputs.trade:
            return "disabled"
        if name not in self._broker.markets or not item["tp"] or not item["sl"]:
            return "symbol"
        if self._unix_s() > item["enter_by_unix"]:
            return "late"
        netting = self._account.mode == "netting" and any(
            position.symbol == name for position in self._account.positions
        )
        if netting or len(own) >= self.inputs.most_positions:
            return "max_positions"
        quote = self._broker.quote(name)
        if quote is None or quote.ask - quote.bid > item["spread_max"]:
            return "spread"
        return None

    def _open(self, item: dict[str, Any]) -> Why | None:
        name = self._broker_name(item["symbol"])
        side = BUY if item["signal"] == "BUY" else SELL
        price = self._account.price(name).to_open(side)
        digits = self._broker.instruments[name].digits
        sl, tp = round(item["sl"], digits), round(item["tp"], digits)
        if side * (price - sl) <= 0 or side * (tp - price) <= 0:
            return "late"  # the price has passed an exit already
        volume = self._volume(name, abs(price - sl))
        tag = Tag(item["pred_id"], item["timeframe"], item["exit_by_unix"])
        try:
            self._account.open(
                name, side, volume, sl=sl, tp=tp, magic=self.inputs.magic,
                comment=str(tag),
            )  # fmt: skip
        except Refused as refusal:
            return "margin" if "money" in str(refusal) else "other"
        return None

    def _volume(self, symbol: str, stop: float) -> float:
        """Return lots at which the stop costs the share of equity that may be risked."""
        risked = self._account.equity * self.inputs.risk_percent / 100
        lots = risked / (stop * self._broker.instruments[symbol].contract)
        return min(int(lots * 100) / 100, self.inputs.most_lots)

    def _close_what_is_over(self) -> None:
        for position in self._own():
            tag = self._tag(position.identifier)
            if tag and self._unix_s() >= tag.exit_by:
                self._account.close(position.identifier, comment=TIME)

    def _changed(self) -> Iterator[Report]:
        firsts = {deal.position_id for deal in self._account.deals if self._is_own(deal)}
        for identifier in sorted(firsts):
            report = report_of(self._account, identifier)
            if report is not None and self._told.get(identifier) != report:
                yield report

    def _written(self, report: Report) -> str:
        instrument = self._broker.instruments[report.symbol]
        shown = self._broker.server_s - self._unix_s()
        return report_text(
            report, self._account, symbol=self._our_name(report.symbol), digits=instrument.digits,
            utc_offset_s=round(shown / QUARTER_S) * QUARTER_S,
        )  # fmt: skip

    def _post(self, path: str, text: str) -> Answer:
        body = body_of(text, nul=self._nul)
        return self._send("POST", path, self._key_line + self._type_line, body)

    def _learn_time(self, unix_s: int) -> None:
        self._ahead_ms = unix_s * 1_000 - self._broker.now_ms

    def _unix_s(self) -> int:
        """Return the server's time: the computer's clock may be wrong."""
        return (self._broker.now_ms + (self._ahead_ms or 0)) // 1_000

    def _taken(self) -> set[int]:
        """Return the signals that were traded already, by what the broker remembers."""
        tags = (Tag.read(deal.comment) for deal in self._account.deals if deal.entry == "in")
        return {tag.pred_id for tag in tags if tag}

    def _own(self) -> list[Position]:
        return [one for one in self._account.positions if one.magic == self.inputs.magic]

    def _is_own(self, deal: Deal) -> bool:
        return deal.magic == self.inputs.magic and deal.entry == "in"

    def _tag(self, identifier: int) -> Tag | None:
        report = report_of(self._account, identifier)
        return None if report is None else report.tag

    def _broker_name(self, symbol: str) -> str:
        return self.inputs.symbols.get(symbol, symbol + self.inputs.suffix)

    def _our_name(self, name: str) -> str:
        mapped = {theirs: ours for ours, theirs in self.inputs.symbols.items()}
        return mapped.get(name, name.removesuffix(self.inputs.suffix))


def _is_refusal(answer: Answer) -> bool:
    """Say whether the server read a report and will not take it however often it comes."""
    return 400 <= answer.status < 500 and answer.status not in PASSING
