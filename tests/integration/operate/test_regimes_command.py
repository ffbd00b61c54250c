"""`tickcast regimes` has a worker check regimes, and shows what it found."""

import json
import threading

import pytest
from typer.testing import CliRunner

from core.jobs import JobState
from core.requests import CheckRegimes
from core.settings import Settings
from operate.cli import app
from operate.data_folder import prepare_data_folder
from storage.stores import Stores
from tasks.forecasts.check_regimes import check_regimes
from tasks.jobs.run_step import run_step
from tests.integration.tasks.forecasts.desk import SERIES, candles

END = 1_700_000_100
NAMED = ["coinbase", "BTC-USD", "5m"]


@pytest.fixture
def held(folder: Settings, opened: Stores) -> Stores:
    """The stores of the folder on which the command works, ready for candles."""
    prepare_data_folder(folder)
    opened.redis.flushall()
    return opened


def work_off(stores: Stores, over: threading.Event) -> None:
    """Do what is queued, as a worker would."""
    while not over.wait(0.02):
        for job in stores.jobs.list(JobState.QUEUED)[0]:
            run_step(stores, job.id, 0, check_regimes, CheckRegimes)


def run(stores: Stores, *words: str) -> tuple[int, str]:
    over = threading.Event()
    worker = threading.Thread(target=work_off, args=(stores, over))
    worker.start()
    try:
        result = CliRunner().invoke(app, ["regimes", *NAMED, *words])
    finally:
        over.set()
        worker.join()
    return result.exit_code, result.stdout


def test_it_tells_of_both_regimes_what_they_foretell(held: Stores) -> None:
    held.candles.write(SERIES, candles(3_200, end=END))

    code, shown = run(held, "--horizon", "6")

    assert code == 0
    found = json.loads(shown)
    assert found["n"] == 3_200
    for regime in ("volatility", "trend"):
        assert set(found[regime]) == {"size", "direction"}
        assert {"p_value", "predicts"} <= found[regime]["size"].keys()
    [job], _ = held.jobs.list()
    assert job.result == found


def test_too_few_candles_are_said(held: Stores) -> None:
    held.candles.write(SERIES, candles(100, end=END))

    code, shown = run(held)

    assert code == 1
    assert not shown
