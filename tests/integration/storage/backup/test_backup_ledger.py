"""A backup holds the ledger, its heads and the slots' models; restored, it verifies."""

from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from core.ledger import LIVE
from storage.backup.backup import restore_backup, write_backup
from storage.database import writing
from storage.ledger.ledger_tables import ledger
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tests.made_forecasts import SLOT, forecasts
from tests.made_runs import enter_run


def test_a_restored_ledger_verifies_goes_on_and_stays_append_only(
    stores: Stores, tmp_path: Path
) -> None:
    made = forecasts(6)
    stores.ledger.append(made[:3])
    stores.ledger.record_outcomes(LIVE, {1: 101.0})
    run = enter_run(stores.registry)
    write_backup(stores, tmp_path / "backup.tar")
    stores.ledger.append(made[3:])
    restore_backup(stores, tmp_path / "backup.tar", force=True)
    found = verify_ledger(stores.engine, stores.heads)
    assert (found.ok, found.rows, found.events) == (True, 3, 1)
    assert stores.registry.read_files(stores.registry.run(run.id)) == {"model.json": b"{}"}
    stores.ledger.append(made[3:])
    assert verify_ledger(stores.engine, stores.heads).rows == 6
    with pytest.raises(IntegrityError), writing(stores.engine) as connection:
        connection.execute(delete(ledger))
    aside = list(stores.heads.path.parent.glob("heads-*.jsonl"))
    assert len(aside) == 1
    assert stores.registry.target(SLOT).champion_id == run.id
