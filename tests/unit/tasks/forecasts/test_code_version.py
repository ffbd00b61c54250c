"""The fingerprint of the code that makes models covers what makes them, and nothing else."""

from pathlib import Path

from tasks.forecasts.code_version import code_version, sources

ROOT = Path(__file__).parents[4]


def test_it_covers_ml_and_of_core_what_models_are_made_with() -> None:
    covered = {path.relative_to(ROOT).as_posix() for path in sources()}

    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "ml").rglob("*.py")} <= covered
    assert {"core/models.py", "core/clock/times.py", "core/names.py"} <= covered
    assert not covered & {"core/json_log.py", "core/settings.py", "core/shared_metrics.py"}


def test_it_names_the_release() -> None:
    release, _, fingerprint = code_version().rpartition("+")
    assert release
    assert len(fingerprint) == 16
