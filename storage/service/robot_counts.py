"""How much the accounts of robots reported of late."""

from sqlalchemy import Engine, func, select

from core.ledger import EXECUTIONS
from storage.database import reading
from storage.ledger.ledger_tables import execution_reports


def reports_since(engine: Engine, instant: int) -> dict[int, int]:
    """Return how many reports of each account came since an instant (epoch ms); 0: the owner's.

    Raises `DatabaseUnavailable`.
    """
    column = execution_reports.c
    here = column.ledger == EXECUTIONS, column.received_at >= instant
    counted = select(column.account_id, func.count()).where(*here).group_by(column.account_id)
    with reading(engine) as connection:
        return {int(account): int(count) for account, count in connection.execute(counted)}
