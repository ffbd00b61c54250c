"""A backup that an earlier version wrote is restored into the tables of this one."""

from pathlib import Path

from sqlalchemy import MetaData

from core.next_candle import candle_target
from core.series import Series
from storage.backup import backup_sql
from storage.backup.backup import restore_backup
from storage.backup.backup_file import FORMAT, Manifest, writing_backup
from storage.database import open_database, reading
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tests.old_data_folder import put_back

SERIES = Series("coinbase", "BTC-USD", 300)


def write_as_e442c9a_did(folder: Path, path: Path) -> None:
    """Write records and models of that commit's data folder under the names it gave them."""
    engine = open_database(f"sqlite:///{folder / 'tickcast.sqlite3'}")
    with writing_backup(path) as writer:
        with reading(engine) as connection:
            known, revision = MetaData(), backup_sql.revision(connection)
            known.reflect(connection)
            for name, table in known.tables.items():
                if name != "alembic_version":
                    lines, size, _ = backup_sql.dump_table(connection, table)
                    with lines:
                        writer.add_stream(f"sql/{name}.jsonl", lines, size)
        for part, called in (("models", "models"), ("slot_models", "slots")):
            for file in sorted((folder / part).rglob("*")):
                if file.is_file():
                    member = file.relative_to(folder / part).as_posix()
                    writer.add(f"{called}/{member}", file.read_bytes())
        writer.add("ledger/heads.jsonl", (folder / "ledger" / "heads.jsonl").read_bytes())
        writer.close(Manifest(FORMAT, "1", revision, 0, {}, writer.digests))


def test_models_of_every_kind_and_the_ledger_come_back(stores: Stores, tmp_path: Path) -> None:
    put_back(tmp_path / "old", stores.redis)
    stores.redis.flushall()
    write_as_e442c9a_did(tmp_path / "old", tmp_path / "old.tar")

    restore_backup(stores, tmp_path / "old.tar", force=True)

    assert set(stores.named_runs.read_files(stores.named_runs.get("small", "v1"))) == {
        "model.json",
        "model.onnx",
        "model.weights.h5",
    }
    champions = [stores.registry.champion(one.target) for one in stores.registry.targets()]
    drawing = stores.registry.champion(candle_target(SERIES))
    for run in (*champions, drawing):
        assert run is not None
        assert stores.registry.read_files(run)
    found = verify_ledger(stores.engine, stores.heads)
    assert found.ok
    assert found.rows
