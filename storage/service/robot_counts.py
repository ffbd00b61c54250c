"""How much the accounts of robots reported of late."""

from sqlalchemy import Connection, Engine, func, select

from core.ledger import EXECUTIONS
from storage.database import reading
from storage.ledger.ledger_tables import execution_reports


def reports_since(engine: Engine, instant: int) -> dict[int, int]:
    """Return how many reports of each account came since an instant (epoch ms); 0: the owner's.

    Raises `DatabaseUnavailable`.
    """
    column = execution_reports.c
    with reading(engine) as connection:
        here = (
            column.ledger == EXECUTIONS,
            column.number > _last_before(connection, instant),
            column.received_at >= instant,
        )
        counted = select(column.account_id, func.count()).where(*here).group_by(column.account_id)
        return {int(account): int(count) for account, count in connection.execute(counted)}


def _last_before(connection: Connection, instant: int) -> int:
    """Return the number of a report that came before an instant, 0 if none is.

    Reports are numbered as they come: of a chain of years no more is read than of the time
    since, twice over.
    """
    column = execution_reports.c
    mine = column.ledger == EXECUTIONS
    newest = connection.scalar(select(func.max(column.number)).where(mine)) or 0
    back = 1
    while back < newest:
        at = select(column.received_at).where(mine, column.number == newest - back)
        if connection.execute(at).scalar_one() < instant:
            return int(newest - back)
        back *= 2
    return 0
