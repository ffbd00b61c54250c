"""What the accounts of robots did of late: how much they reported, which signals they followed."""

from collections import defaultdict

import msgspec
from sqlalchemy import Engine, func, select

from core.ledger import EXECUTIONS, SIGNALS
from core.signals import GRACE_MS, HOLD
from storage.database import reading
from storage.executions.execution_tables import executions
from storage.ledger.ledger_tables import execution_reports, ledger_signals


class Followed(msgspec.Struct, frozen=True):
    """Signals to buy or sell, `(seq, symbol, length of candles)`, and who followed which."""

    signals: list[tuple[int, str, int]]
    by_account: dict[int, set[int]]


def reports_since(engine: Engine, instant: int) -> dict[int, int]:
    """Return how many reports of each account came since an instant (epoch ms); 0: the owner's.

    Raises `DatabaseUnavailable`.
    """
    column = execution_reports.c
    here = column.ledger == EXECUTIONS, column.received_at >= instant
    counted = select(column.account_id, func.count()).where(*here).group_by(column.account_id)
    with reading(engine) as connection:
        return {int(account): int(count) for account, count in connection.execute(counted)}


def followed_since(engine: Engine, instant: int) -> Followed:
    """Return what was signalled since an instant (epoch ms), and which of it was traded.

    Raises `DatabaseUnavailable`.
    """
    row = ledger_signals.c
    since = [
        row.ledger == SIGNALS,
        row.made_at >= instant,
        # The index on it bounds what is read.
        row.opening >= (instant - GRACE_MS) // 1_000,
        row.type != HOLD,
    ]
    told = select(row.seq, row.symbol, row.resolution).where(*since)
    with reading(engine) as connection:
        signals = [
            (int(seq), symbol, int(length)) for seq, symbol, length in connection.execute(told)
        ]
        first = min((seq for seq, _, _ in signals), default=None)
        traded = select(executions.c.account_id, executions.c.signal_seq).distinct()
        found: defaultdict[int, set[int]] = defaultdict(set)
        if first is not None:
            for account, seq in connection.execute(traded.where(executions.c.signal_seq >= first)):
                found[int(account)].add(int(seq))
    return Followed(signals, dict(found))
