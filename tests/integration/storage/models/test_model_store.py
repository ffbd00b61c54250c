"""A model is saved whole or not at all, and its files are what its record says."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from core.errors import Conflict, CorruptArtifact, InvalidRequest, NotFound, Unavailable
from core.series import make_series
from storage.models import artifacts
from storage.models import named_runs as models_module
from storage.models.artifacts import Artifacts
from storage.models.named_runs import NamedRuns
from storage.models.registry import Registry
from storage.models.runs import RunRecord
from tests.made_runs import named_run

SERIES = make_series("coinbase", "BTC-USD", "1h")
FILES = ("model.weights.h5", "model.json", "model.onnx")


class Crash(BaseException):
    """The process dies here."""


class Models(NamedRuns):
    """The store under test, with the drafts and the sweep of the files below it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.files = Artifacts(folder)
        super().__init__(engine, self.files)
        self.new_folder = self.files.new_folder
        self.sweep = Registry(engine, self.files).sweep


@pytest.fixture
def models(engine: Engine, tmp_path: Path) -> Models:
    return Models(engine, tmp_path)


def record(name: str = "lstm", model_id: str = "v1", at: int = 1) -> RunRecord:
    return named_run(name, model_id, SERIES, created_at=at, metadata={"seq_len": 60})


def draft(models: Models, content: str) -> Path:
    folder = models.new_folder()
    for name in FILES:
        (folder / name).write_text(f"{name} {content}")
    return folder


def save(models: Models, content: str = "a", overwrite: bool = False) -> RunRecord:
    return models.save(record(), draft(models, content), overwrite)


def contents(models: Models) -> list[str]:
    stored = models.get("lstm", "v1")
    return [models.read_files(stored)[name].decode().split()[1] for name in FILES]


def folders(tmp_path: Path) -> list[str]:
    return [str(p.relative_to(tmp_path)) for p in (tmp_path / "models").rglob("*") if p.is_dir()]


def test_what_is_saved_is_read(models: Models) -> None:
    stored = save(models)
    assert models.get("lstm", "v1") == stored
    assert contents(models) == ["a", "a", "a"]
    assert set(stored.digests) == set(FILES)
    assert (stored.series, stored.metadata) == (SERIES, {"seq_len": 60})


def test_a_model_is_not_overwritten_unless_asked(models: Models, tmp_path: Path) -> None:
    save(models)
    before = folders(tmp_path)
    with pytest.raises(Conflict):
        save(models, "b")
    assert contents(models) == ["a", "a", "a"]
    assert folders(tmp_path) == before


def test_overwriting_leaves_the_new_files_only(models: Models, tmp_path: Path) -> None:
    save(models)
    save(models, "b", overwrite=True)
    assert contents(models) == ["b", "b", "b"]
    assert [path.name for path in (tmp_path / "models").glob("[!.]*")] == [
        models.get("lstm", "v1").id
    ]


STEPS = ["seal", "move", "_sync_folder", "after move", "commit", "after commit"]


def crash_at(step: str, models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> Any:
        raise Crash

    def after(target: object, name: str) -> None:
        real = getattr(target, name)

        def run(*given: Any) -> None:
            real(*given)
            raise Crash

        monkeypatch.setattr(target, name, run)

    if step == "after move":
        after(artifacts, "move")
    elif step == "commit":
        monkeypatch.setattr(models_module, "insert", die)
    elif step == "after commit":
        monkeypatch.setattr(models.files, "remove", die)
    else:
        monkeypatch.setattr(artifacts, step, die)


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_leaves_the_old_model_or_the_new(
    models: Models, engine: Engine, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(models, "old")
    with monkeypatch.context() as patch:
        crash_at(step, models, patch)
        with pytest.raises(Crash):
            save(models, "new", overwrite=True)
    again = Models(engine, tmp_path)
    expected = "new" if step == "after commit" else "old"
    assert contents(again) == [expected] * 3
    _age(tmp_path / "models")
    again.sweep()
    assert contents(again) == [expected] * 3
    assert len(folders(tmp_path)) == 2  # .new, and one run
    assert contents(again) == [expected] * 3
    save(again, "newest", overwrite=True)
    assert contents(again) == ["newest"] * 3


@pytest.mark.parametrize("step", STEPS[:-1])
def test_a_crash_in_the_first_save_leaves_no_model(
    models: Models, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        crash_at(step, models, patch)
        with pytest.raises(Crash):
            save(models, "new")
    assert models.list() == []
    assert not models.exists("lstm", "v1")
    _age(tmp_path / "models")
    assert models.sweep() == 1
    assert not [p for p in (tmp_path / "models").rglob("*") if p.is_file()]


def _age(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))


def test_sweeping_leaves_what_is_young(models: Models) -> None:
    save(models)
    folder = draft(models, "b")
    assert models.sweep() == 0
    assert folder.exists()


@pytest.mark.parametrize("name", FILES)
def test_a_corrupted_byte_is_refused(models: Models, tmp_path: Path, name: str) -> None:
    stored = save(models)
    path = tmp_path / stored.folder / name
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptArtifact):
        models.read_files(stored)


@pytest.mark.parametrize("damage", ["missing", "longer", "link"])
def test_a_file_that_is_missing_longer_or_a_link_is_refused(
    models: Models, tmp_path: Path, damage: str
) -> None:
    stored = save(models)
    path = tmp_path / stored.folder / "model.onnx"
    copy = tmp_path / "copy"
    shutil.copy(path, copy)
    if damage == "longer":
        path.write_bytes(path.read_bytes() + b"!")
    else:
        path.unlink()
    if damage == "link":
        path.symlink_to(copy)
    with pytest.raises(CorruptArtifact):
        models.read_files(stored)


def test_only_files_of_the_record_are_read(models: Models, tmp_path: Path) -> None:
    stored = save(models)
    (tmp_path / stored.folder / "extra").write_text("x")
    for name in ("extra", "../v1", "../../../tickcast.sqlite3", "/etc/passwd", ""):
        with pytest.raises(NotFound):
            models.files.read_file(stored.folder, stored.digests, name)


@pytest.mark.parametrize("name", ["..", "a/b", "../x", "", ".hidden", "a\0", "x" * 65, "a b"])
def test_names_cannot_leave_the_folder(models: Models, name: str) -> None:
    for bad in (record(name=name), record(model_id=name)):
        with pytest.raises(InvalidRequest):
            models.save(bad, draft(models, "a"))


def test_files_that_differ_from_the_given_digests_are_refused(models: Models) -> None:
    given = named_run("lstm", "v1", SERIES, digests={"model.json": "0" * 64})
    with pytest.raises(CorruptArtifact):
        models.save(given, draft(models, "a"))
    assert models.list() == []


def test_an_unknown_model_is_not_found_and_the_nearest_named(models: Models) -> None:
    save(models)
    with pytest.raises(NotFound, match="lstm/v1"):
        models.get("lstn", "v1")
    with pytest.raises(NotFound):
        models.delete("lstn", "v1")


def test_a_deleted_model_is_gone(models: Models, tmp_path: Path) -> None:
    stored = save(models)
    models.delete("lstm", "v1")
    assert not models.exists("lstm", "v1")
    assert not (tmp_path / stored.folder).exists()
    with pytest.raises(Unavailable):
        models.read_files(stored)


def test_a_record_that_was_replaced_meanwhile_says_to_ask_again(models: Models) -> None:
    old = save(models)
    save(models, "b", overwrite=True)
    with pytest.raises(Unavailable):
        models.read_files(old)


def test_models_are_listed_newest_first(models: Models) -> None:
    for n, name in enumerate(("a", "b", "c")):
        models.save(record(name, at=n), draft(models, name))
    assert [stored.name for stored in models.list()] == ["c", "b", "a"]
