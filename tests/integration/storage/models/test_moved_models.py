"""Models that SQL held move into files, whatever happens on the way."""

from pathlib import Path

import pytest
from sqlalchemy import event

from core.next_candle import candle_target
from core.series import Series
from storage.database import migrate, open_database
from storage.models.artifacts import Artifacts
from storage.models.registry import Registry
from tests.old_data_folder import put_back

SERIES = Series("coinbase", "BTC-USD", 300)


class PowerCut(BaseException):
    """The machine stops here."""


def test_a_start_that_was_cut_off_is_made_up_for_by_the_next(
    redis_client: object, tmp_path: Path
) -> None:
    put_back(tmp_path, redis_client)  # type: ignore[arg-type]
    engine = open_database(f"sqlite:///{tmp_path / 'tickcast.sqlite3'}")

    def stop(*_: object) -> None:
        raise PowerCut

    event.listen(engine, "commit", stop)
    with pytest.raises(PowerCut):
        migrate(engine, tmp_path)
    engine.dispose()
    written = sorted((tmp_path / "models").glob("*-*/model.json"))
    assert written
    written[0].write_text("half of it")

    engine = open_database(f"sqlite:///{tmp_path / 'tickcast.sqlite3'}")
    migrate(engine, tmp_path)

    registry = Registry(engine, Artifacts(tmp_path))
    drawing = registry.champion(candle_target(SERIES))
    assert drawing is not None
    assert set(registry.read_files(drawing)) == {"model.json"}
    engine.dispose()
