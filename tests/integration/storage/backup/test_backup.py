"""What was backed up comes back equal, and a damaged backup changes nothing."""

import io
import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import redis
from sqlalchemy import select

from core.errors import Conflict, CorruptArtifact
from core.series import make_series
from core.settings import Settings
from storage.backup import backup_files, backup_redis, backup_sql
from storage.backup.backup import restore_backup, verify_backup, write_backup
from storage.backup.backup_file import Manifest
from storage.backup.backup_redis import StreamPage
from storage.candles.candle_columns import Candles
from storage.candles.forecasts import ForecastPoint
from storage.database import reading
from storage.models.runs import RunRecord
from storage.stores import Stores, open_stores
from tests.made_runs import named_run
from tests.migrated import lay_tables

SERIES = make_series("coinbase", "BTC-USD", "1m")


@pytest.fixture
def other(redis_settings: Settings, tmp_path: Path) -> Callable[[], Stores]:
    """Opens another, empty installation; it shares the Redis, which is emptied first."""

    def open_it() -> Stores:
        folder = tmp_path / "other"
        shutil.rmtree(folder, ignore_errors=True)
        own = {"data_dir": folder, "redis_url": redis_settings.redis_address}
        stores = open_stores(redis_settings.model_copy(update=own))
        stores.redis.flushall()
        lay_tables(stores.engine)
        return stores

    return open_it


def fill(stores: Stores, model: str = "weights") -> None:
    noise = np.random.default_rng(0).random((3_000, 3))
    rows = [
        [60 * n, 1 + a, 9, 0.5, 1 + b, c, n, 16 * (n % 7 == 0)] for n, (a, b, c) in enumerate(noise)
    ]
    stores.candles.write(SERIES, Candles.from_rows(rows))
    stores.candles.write(
        make_series("fx", "EURUSD", "1h"), Candles.from_rows([[3_600, 1, 1, 1, 1, 1]])
    )
    stores.forecasts.write(SERIES, "lstm", [ForecastPoint(60, 1, 1.5, 1.0, 2.0)])
    stores.uploads.put("job", Candles.from_rows(rows[:10]))
    pipeline = stores.redis.pipeline()
    for number in range(1, 1_203):
        pipeline.xadd("journal:coinbase:BTC-USD", {"b": os.urandom(20)}, id=f"{number}-0")
    pipeline.execute()
    stores.redis.hset("state:coinbase:BTC-USD", "version", 7)
    job = stores.jobs.create("x", [("fetch", "f")], {"n": 1.5, "text": "é\n"}, unique_key="k")
    stores.jobs.claim(job.id, 0, "w")
    stores.watches.add(SERIES)
    stores.keys.create("owner", "laptop")
    save_model(stores, model)
    journal = stores.data_dir / "journal" / "coinbase" / "BTC-USD" / "3600000.journal"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(os.urandom(1_000))


def save_model(stores: Stores, content: str) -> RunRecord:
    folder = stores.registry.new_folder()
    (folder / "model.onnx").write_text(content)
    record = named_run("lstm", "v1", SERIES, metadata={"scores": [1.5, None]})
    return stores.named_runs.save(record, folder, overwrite=True)


def contents(stores: Stores) -> dict[str, Any]:
    """All that an installation holds, in a form that can be compared."""
    held: dict[str, Any] = {}
    for part in backup_redis.dump_keys(stores.redis):
        timeless = part if isinstance(part, StreamPage) else part.value
        held.setdefault(part.key, []).append(timeless)
    with reading(stores.engine) as connection:
        for table in backup_sql.tables():
            held[table.name] = sorted(map(repr, connection.execute(select(table))))
    for path in (*stores.data_dir.glob("models/**/*"), *stores.data_dir.glob("journal/**/*")):
        if path.is_file():
            held[str(path.relative_to(stores.data_dir))] = path.read_bytes()
    return held


@pytest.fixture
def backup(stores: Stores, tmp_path: Path) -> Path:
    fill(stores)
    stores.redis.lpush("predict", "a message of the queue")
    write_backup(stores, tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def test_what_was_backed_up_comes_back_equal(
    stores: Stores, backup: Path, other: Callable[[], Stores]
) -> None:
    before = contents(stores)
    candles = stores.candles.read(SERIES)
    target = other()
    manifest = restore_backup(target, backup)
    assert contents(target) == before
    assert np.array_equal(target.candles.read(SERIES).close, candles.close)
    assert target.redis.execute_command("TS.QUERYINDEX", "symbol=EURUSD", "field=close")
    assert 0 < target.redis.ttl("upload:job") <= 7 * 86_400
    model = target.named_runs.get("lstm", "v1")
    assert target.named_runs.read_files(model) == {"model.onnx": b"weights"}
    assert manifest.counts["records"] == 4
    assert (manifest.counts["model files"], manifest.counts["journal files"]) == (1, 1)


def test_queues_heartbeats_and_locks_stay_out(stores: Stores, backup: Path) -> None:
    stores.workers.heartbeat("w", "predict", {})
    kept = {part.key.split(b":")[0] for part in backup_redis.dump_keys(stores.redis)}
    assert kept == {b"ts", b"flags", b"state", b"journal", b"index", b"upload"}


def test_a_backup_is_private_and_leaves_nothing_beside_it(
    stores: Stores, backup: Path, tmp_path: Path
) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".backup*"))
    assert not list((stores.data_dir / "models" / ".new").iterdir())


def test_restoring_over_data_must_be_forced(stores: Stores, backup: Path) -> None:
    before = contents(stores)
    with pytest.raises(Conflict, match="force"):
        restore_backup(stores, backup)
    assert contents(stores) == before


def test_forcing_replaces_all_that_was_there(stores: Stores, backup: Path) -> None:
    before = contents(stores)
    stores.candles.delete(SERIES)
    stores.candles.write(
        make_series("kraken", "XBTUSD", "1h"), Candles.from_rows([[0, 1, 1, 1, 1, 1]])
    )
    stores.watches.remove(SERIES)
    save_model(stores, "newer")
    restore_backup(stores, backup, force=True)
    stores.registry.sweep()
    after = contents(stores)
    assert {name: after[name] for name in before} == before
    assert stores.named_runs.read_files(stores.named_runs.get("lstm", "v1")) == {
        "model.onnx": b"weights"
    }
    assert stores.redis.lrange("predict", 0, -1) == [b"a message of the queue"]
    assert SERIES in stores.candles.all_series()
    assert len(stores.candles.all_series()) == 2


def test_restoring_twice_is_the_same_as_once(
    stores: Stores, backup: Path, other: Callable[[], Stores]
) -> None:
    before, target = contents(stores), other()
    restore_backup(target, backup)
    restore_backup(target, backup, force=True)
    assert contents(target) == before


@pytest.mark.parametrize("part", range(12))
def test_a_corrupted_byte_anywhere_is_found_before_anything_changes(
    stores: Stores, backup: Path, part: int
) -> None:
    before, content = contents(stores), bytearray(backup.read_bytes())
    position = len(content) * part // 12 + 700
    content[position] ^= 0x10
    backup.write_bytes(content)
    try:
        verify_backup(backup)
    except CorruptArtifact:
        with pytest.raises(CorruptArtifact):
            restore_backup(stores, backup, force=True)
        assert contents(stores) == before
    else:
        # A byte between the members, which means nothing.
        restore_backup(stores, backup, force=True)
        assert contents(stores) == before


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.97])
def test_a_backup_that_was_cut_off_is_refused(stores: Stores, backup: Path, share: float) -> None:
    content = backup.read_bytes().rstrip(b"\0")  # the tar's padding may go
    backup.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CorruptArtifact):
        verify_backup(backup)


def rewrite(backup: Path, change: Callable[[str, bytes], Iterator[tuple[str, bytes]]]) -> None:
    """Write a backup anew, each member as `change` has it."""
    with tarfile.open(backup) as old:
        parts = [(m.name, old.extractfile(m).read()) for m in old]  # type: ignore[union-attr]
    with tarfile.open(backup, "w") as new:
        for name, content in (pair for part in parts for pair in change(*part)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "models/../../evil/x/y", "sql/../x.jsonl", "redis/1.dump", "x"]
)
def test_a_member_that_would_leave_its_place_is_refused(
    stores: Stores, backup: Path, name: str
) -> None:
    rewrite(backup, lambda n, c: iter([(n, c), (name, b"x")] if n.startswith("sql") else [(n, c)]))
    with pytest.raises(CorruptArtifact, match="belong"):
        restore_backup(stores, backup, force=True)


def test_a_link_in_a_backup_is_refused(backup: Path) -> None:
    with tarfile.open(backup, "a") as tar:
        member = tarfile.TarInfo("models/lstm/v1/run/model.onnx")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(CorruptArtifact, match="belong"):
        verify_backup(backup)


def test_a_part_that_is_missing_twice_or_too_many_is_refused(backup: Path) -> None:
    def without(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
        if name != "sql/jobs.jsonl":
            yield name, content

    def twice(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
        yield from [(name, content)] * (2 if name == "sql/jobs.jsonl" else 1)

    def more(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
        yield name, content
        if name == "sql/jobs.jsonl":
            yield "sql/other.jsonl", content

    original = backup.read_bytes()
    for change in (without, twice, more):
        backup.write_bytes(original)
        rewrite(backup, change)
        with pytest.raises(CorruptArtifact):
            verify_backup(backup)


def test_another_file_is_no_backup(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04 a zip", b"\0" * 10_240, os.urandom(5_000)):
        (tmp_path / "x.tar").write_bytes(content)
        with pytest.raises(CorruptArtifact):
            verify_backup(tmp_path / "x.tar")


def test_a_backup_of_a_newer_version_is_refused(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_sql, "revision", lambda _: "9999")
    write_backup(stores, tmp_path / "new.tar")
    monkeypatch.undo()
    with pytest.raises(Conflict, match="newer"):
        restore_backup(stores, tmp_path / "new.tar")


def test_a_failed_backup_leaves_the_earlier_one(
    stores: Stores, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = backup.read_bytes()
    (stores.data_dir / stores.named_runs.get("lstm", "v1").folder / "model.onnx").unlink()
    with pytest.raises(CorruptArtifact, match="lstm/v1"):
        write_backup(stores, backup)
    assert backup.read_bytes() == before


def test_a_model_replaced_during_the_backup_is_in_it_as_it_was(
    stores: Stores, tmp_path: Path, other: Callable[[], Stores]
) -> None:
    fill(stores)
    with backup_files.model_snapshot(stores) as (connection, files):
        save_model(stores, "newer")
        (_, path, _) = files[0]
        assert path.read_text() == "weights"
        assert backup_sql.revision(connection)


def test_a_symbol_whose_keys_appear_meanwhile_is_dumped_whole(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.candles.write(SERIES, Candles.from_rows([[60, 1, 1, 1, 1, 1]]))
    parts = backup_redis.dump_keys(stores.redis)
    names = [next(parts).key]
    stores.candles.write(
        make_series("coinbase", "BTC-USD", "5m"), Candles.from_rows([[0, 1, 1, 1, 1, 1]])
    )
    names += [part.key for part in parts]
    assert names.count(b"ts:coinbase:BTC-USD:60:close") == 2
    assert names.count(b"ts:coinbase:BTC-USD:300:close") == 1


def test_an_empty_installation_can_be_backed_up(stores: Stores, tmp_path: Path) -> None:
    manifest = write_backup(stores, tmp_path / "empty.tar")
    assert manifest.counts == {"keys": 0, "records": 0, "model files": 0, "journal files": 0}
    assert restore_backup(stores, tmp_path / "empty.tar") == manifest
    assert msgspec.convert(msgspec.to_builtins(manifest), Manifest) == manifest


def test_a_place_where_only_minutes_were_noted_is_empty(stores: Stores, tmp_path: Path) -> None:
    write_backup(stores, tmp_path / "empty.tar")
    stores.uptime.note([])
    assert restore_backup(stores, tmp_path / "empty.tar")


def test_memory_stays_bounded_however_long_a_stream_is(redis_client: "redis.Redis") -> None:
    pipeline = redis_client.pipeline()
    for n in range(1, 5_001):
        pipeline.xadd("journal:a:b", {"b": b"x"}, id=f"{n}-0")
    pipeline.execute()
    pages = [p for p in backup_redis.dump_keys(redis_client) if isinstance(p, StreamPage)]
    assert max(len(page.entries) for page in pages) <= 1_000
    assert [page.first for page in pages] == [True, *[False] * (len(pages) - 1)]
    assert [e for page in pages for e, _ in page.entries] == [
        f"{n}-0".encode() for n in range(1, 5_001)
    ]
