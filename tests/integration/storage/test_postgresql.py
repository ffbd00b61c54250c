"""All records work alike on PostgreSQL; skipped where none is installed."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from core.errors import Conflict, DatabaseUnavailable, InvalidRequest, LeaseLost, NotFound
from core.jobs import JobError, JobState, Progress
from core.series import make_series
from storage.access.access_keys import AccessKeyStore
from storage.backup.backup import restore_backup, write_backup
from storage.candles.watches import WatchStore
from storage.database import migrate, open_database, reading, writing
from storage.jobs.job_store import JobStore
from storage.models.artifacts import Artifacts
from storage.models.named_runs import NamedRuns
from storage.stores import Stores
from storage.tables import metadata
from tests.made_runs import named_run

SERIES = make_series("coinbase", "BTC-USD", "1m")


def test_the_migrations_make_the_tables_that_the_code_knows(postgresql: Engine) -> None:
    with postgresql.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_two_that_start_at_once_migrate_once(postgresql: Engine) -> None:
    with postgresql.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    problems: list[Exception] = []

    def run() -> None:
        try:
            migrate(open_database(postgresql.url.render_as_string()))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


def test_a_job_lives_its_life(postgresql: Engine) -> None:
    jobs = JobStore(postgresql)
    job = jobs.create("x", [("fetch", "f"), ("train", "t")], {"n": 1.5, "é": None}, unique_key="k")
    with pytest.raises(Conflict):
        jobs.create("x", [("fetch", "f")], {}, unique_key="k")
    lease = jobs.claim(job.id, 0, "w1")
    assert lease
    assert jobs.claim(job.id, 0, "w2") is None
    jobs.report(lease, Progress(1, 2, "pages"))
    assert jobs.stale(-1_000)[0].id == job.id
    assert jobs.give_up_or_release(jobs.get(job.id))
    with pytest.raises(LeaseLost):
        jobs.heartbeat(lease)
    lease = jobs.claim(job.id, 0, "w2")
    assert lease
    jobs.checkpoint(lease, {"cursor": 5})
    assert jobs.finish_step(lease, {"a": 1}).state == JobState.QUEUED
    assert jobs.unpublished(-1_000)[0].id == job.id
    last = jobs.claim(job.id, 1, "w3")
    assert last
    assert jobs.heartbeat(last) is False
    failed = jobs.fail(last, JobError("x", "y"))
    assert (failed.state, failed.result, failed.request) == (
        "failed",
        {"a": 1},
        {"n": 1.5, "é": None},
    )
    assert jobs.list(state="failed") == ([failed], 1)


def test_of_many_workers_one_gets_the_job(postgresql: Engine) -> None:
    jobs, leases = JobStore(postgresql), []
    job = jobs.create("x", [("fetch", "f")], {})
    threads = [
        threading.Thread(target=lambda n=n: leases.append(jobs.claim(job.id, 0, f"w{n}")))
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(lease is not None for lease in leases) == 1


def test_watches_keys_and_models_are_kept(postgresql: Engine, tmp_path: Path) -> None:
    watches, keys = WatchStore(postgresql), AccessKeyStore(postgresql)
    assert (watches.add(SERIES), watches.add(SERIES)) == (True, False)
    watches.record(SERIES, None)
    assert watches.list()[0].last_success_at
    plain, key = keys.create("owner", "mine")
    assert keys.find(plain) == key
    assert keys.revoke(key.id).revoked_at
    assert keys.find(plain) is None
    files = Artifacts(tmp_path)
    models = NamedRuns(postgresql, files)
    for n in range(2):
        folder = files.new_folder()
        (folder / "model.json").write_text(str(n))
        record = named_run("m", "1", SERIES, metadata={"score": float("nan")})
        models.save(record, folder, overwrite=bool(n))
    assert models.get("m", "1").metadata == {"score": None}
    assert models.read_files(models.get("m", "1")) == {"model.json": b"1"}
    models.delete("m", "1")
    with pytest.raises(NotFound):
        models.get("m", "1")


def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    engine = open_database(f"postgresql+psycopg2://tick@/postgres?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable), reading(engine):
        pass


def test_connections_that_the_server_cut_are_made_anew(postgresql: Engine) -> None:
    with reading(postgresql) as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    other = open_database(postgresql.url.render_as_string())
    with writing(other) as connection:
        connection.execute(text(f"SELECT pg_terminate_backend({number})"))
    with reading(postgresql) as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_a_backup_of_sqlite_is_restored_into_postgresql_and_back(
    postgresql: Engine, stores: Stores, tmp_path: Path
) -> None:
    job = stores.jobs.create("x", [("fetch", "f")], {"n": 1.5, "é": None})
    stores.watches.add(SERIES)
    plain, key = stores.keys.create("owner", "mine")
    write_backup(stores, tmp_path / "lite.tar")
    moved = replace(stores, engine=postgresql)
    restore_backup(moved, tmp_path / "lite.tar")
    assert JobStore(postgresql).get(job.id) == job
    assert AccessKeyStore(postgresql).find(plain) == key
    write_backup(moved, tmp_path / "postgres.tar")
    restore_backup(stores, tmp_path / "postgres.tar", force=True)
    assert (stores.jobs.get(job.id), stores.keys.find(plain)) == (job, key)
    assert [watch.series for watch in stores.watches.list()] == [SERIES]


def test_a_statement_ends_when_its_time_is_over(postgresql: Engine) -> None:
    engine = open_database(postgresql.url.render_as_string(), query_s=0.3)
    with pytest.raises(DatabaseUnavailable, match="too long"), reading(engine) as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    with reading(engine) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_a_text_that_it_cannot_hold_is_refused_as_the_caller_s(postgresql: Engine) -> None:
    with pytest.raises(InvalidRequest, match="NUL"):
        AccessKeyStore(postgresql).create("owner", "a\0b")
