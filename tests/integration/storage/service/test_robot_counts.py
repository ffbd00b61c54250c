"""Reports of late are counted by account, however many came before."""

from collections import Counter

from sqlalchemy import Engine, insert

from core.ledger import EXECUTIONS
from storage.database import writing
from storage.ledger import append_only
from storage.ledger.ledger_tables import execution_reports
from storage.service.robot_counts import reports_since


def test_the_reports_since_an_instant_are_those_of_a_plain_count(engine: Engine) -> None:
    assert reports_since(engine, 0) == {}
    told = [(number, 1_000 * (number // 2), number % 3) for number in range(1, 23)]
    rows = [
        {
            "ledger": EXECUTIONS, "number": number, "received_at": at, "account_id": account,
            "exec_id": 1, "key_number": 1, "terminal": "", "ticket": 1, "body": "{}",
            "content": "", "prev_hash": "", "hash": "",
        }
        for number, at, account in told
    ]  # fmt: skip
    with writing(engine) as connection:
        append_only.lift(connection)  # the database's clock would not believe it
        connection.execute(insert(execution_reports), rows)
    for instant in range(0, 13_000, 500):
        wanted = Counter(account for _, at, account in told if at >= instant)
        assert reports_since(engine, instant) == wanted, instant
