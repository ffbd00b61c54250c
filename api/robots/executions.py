"""What terminals did: reports of positions come in one by one or as a list."""

from typing import Any, NamedTuple

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.robots.bodies import read_robot_json
from api.robots.digits import MarketDigits
from api.robots.offered import OfferedSlots
from api.robots.read_report import read_report, ticket_of
from api.robots.schemas_executions import EXECUTION_BODY, ExecutionsStored, ExecutionStored
from api.robots.seen import account_of, note_caller
from core.clock.times import now_ms
from core.errors import InvalidRequest, KeyExpired, TickcastError, TooLarge
from core.executions.report import Report
from core.forecast_target import ForecastTarget
from core.robots.accounts import Account
from core.series import Market
from storage.access.access_keys import AccessKey
from storage.executions.execution_rows import Received, Result, Stored
from storage.stores import Stores

BATCH_LIMIT = 256 << 10
ONE_LIMIT = 16 << 10
MOST_REPORTS = 100
ONLY_KNOWN = "This key has expired: it reports the positions that it opened before, and no other."


class _Caller(NamedTuple):
    key: AccessKey | None
    account: Account | None
    late: bool


class ExecutionsResource:
    """`POST /api/executions`"""

    def __init__(self, stores: Stores, offered: OfferedSlots) -> None:
        self._stores = stores
        self._offered = offered
        self._digits = MarketDigits(stores.markets)

    @operation(
        "report_executions",
        "robots",
        {201: ExecutionsStored},
        errors=(409, 413, 415, 422),
        more=EXECUTION_BODY,
    )
    async def on_post(self, req: Request, resp: Response) -> None:
        """Report positions that were opened or closed, one or a list of at most 100.

        As often and in whichever order you like: a ticket is one position of its account and
        terminal, null erases nothing, and what is told of its closing stays. Each item of a
        list is answered by itself; the list is refused if none can be stored.
        """
        value = await read_robot_json(req, BATCH_LIMIT)
        resp.status = 201
        if isinstance(value, list):
            resp.media = await in_thread(self._list, _caller(req), value)
            return
        if len(msgspec.json.encode(value)) > ONE_LIMIT:
            raise TooLarge(f"A report must have at most {ONE_LIMIT:,} bytes.")
        (result,) = await in_thread(self._store, _caller(req), [value])
        if isinstance(result, TickcastError):
            raise result
        resp.media = _stored(result)

    def _list(self, caller: _Caller, values: list[Any]) -> list[ExecutionStored]:
        if not 1 <= len(values) <= MOST_REPORTS:
            raise InvalidRequest(f"The list must hold 1 to {MOST_REPORTS} reports.")
        results = self._store(caller, values)
        errors = [one for one in results if isinstance(one, TickcastError)]
        if len(errors) == len(results):
            raise errors[0]
        return [
            _refused(value, one) if isinstance(one, TickcastError) else _stored(one)
            for value, one in zip(values, results, strict=True)
        ]

    def _store(self, caller: _Caller, values: list[Any]) -> list[Result]:
        """Store what can be read; returns what became of each."""
        now, ever = now_ms(), self._offered.ever
        every, mine = ever(None), {(one.symbol, one.resolution) for one in ever(caller.account)}
        read = [self._received(value, every, mine, now) for value in values]
        good = [one for one in read if isinstance(one, Received)]
        whose, number = account_of(caller.account), caller.key.number if caller.key else 0
        unknown = KeyExpired(ONLY_KNOWN) if caller.late else None
        report = self._stores.executions.report
        stored = iter(report(whose, number, good, unknown) if good else [])
        for name in {one.report.terminal for one in good}:
            note_caller(self._stores.heartbeats, caller.account, name)
        return [next(stored) if isinstance(one, Received) else one for one in read]

    def _received(
        self, value: Any, every: list[ForecastTarget], mine: set[tuple[str, int]], now: int
    ) -> Received | TickcastError:
        """Return what may be stored; `every` was ever offered, slots `mine` the caller may see."""
        try:
            report = read_report(value, now)
        except TickcastError as error:
            return error
        slot = report.symbol, report.resolution
        targets = [one for one in every if (one.symbol, one.resolution) == slot]
        return Received(
            report=report,
            body=msgspec.json.encode(value).decode(),
            targets=tuple(targets),
            in_plan=not targets or slot in mine,
            point=self._point(report, targets[0].platform if targets else ""),
        )

    def _point(self, report: Report, platform: str) -> float | None:
        """Return the smallest step of a market's price, None if nobody told its digits."""
        if not platform:
            return None
        digits = self._digits.of(Market(platform, report.symbol))
        return None if digits is None else 10.0**-digits


def _caller(req: Request) -> _Caller:
    context = req.context
    return _Caller(context.key, context.account, context.late)


def _stored(result: Stored) -> ExecutionStored:
    position = result.position
    return ExecutionStored(
        ok=True,
        exec_id=position.exec_id,
        ticket=position.ticket,
        action="created" if result.created else "updated",
        pred_id=position.opening.pred_id or position.signal_seq,
        matched=position.signal_seq is not None,
        warnings=list(result.warnings),
    )


def _refused(value: Any, error: TickcastError) -> ExecutionStored:
    return ExecutionStored(ok=False, ticket=ticket_of(value), error=error.type, detail=error.detail)
