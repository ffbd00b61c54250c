"""Training finds what is there, claims nothing that is not, and can be stopped and repeated."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidRequest, JobCancelled
from core.jobs import Progress
from core.series import CandleFlag
from ml.evaluation.train_challenger import Challenge, Recipe, train_challenger
from ml.evaluation.walk import Report
from ml.features.history import make_history
from ml.models.lstm.metadata import describe_training
from ml.models.lstm.model import LstmModel
from ml.models.lstm.network import Architecture, build_network
from ml.models.lstm.options import LstmOptions, candles_needed
from ml.models.lstm.served_network import open_session, run_session
from ml.models.lstm.serving import LstmServer
from ml.models.registry import load_model, save_model

HOUR = 3_600
SMALL = LstmOptions(seq_len=8, nsteps=3, units=4, epochs=3, folds=2, seed=1)


def candles(count: int, momentum: float, seed: int = 0) -> pd.DataFrame:
    """Return hourly candles whose returns follow one another by `momentum`."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=count) * 0.004
    returns = np.zeros(count)
    for i in range(1, count):
        returns[i] = momentum * returns[i - 1] + noise[i]
    close = 100 * np.exp(np.cumsum(returns))
    wick = np.abs(generator.normal(size=(2, count))) * 0.001
    return pd.DataFrame(
        {
            "time": 1_700_000_000 // HOUR * HOUR + HOUR * np.arange(count),
            "open": close,
            "high": close * (1 + wick[0]),
            "low": close * (1 - wick[1]),
            "close": close,
            "volume": 1.0,
            "flags": 0,
        }
    )


class TrainedLstm(NamedTuple):
    """A training under a name, and all that is said of it."""

    challenge: Challenge
    metadata: dict[str, Any]

    @property
    def model(self) -> LstmModel:
        model = self.challenge.model
        assert isinstance(model, LstmModel)
        return model


def train_lstm(
    frame: pd.DataFrame, resolution: int, options: LstmOptions, report: Report
) -> TrainedLstm:
    """Train as `POST /lstm/train` does."""
    recipe = Recipe("lstm", options.nsteps, options.seed, msgspec.structs.asdict(options))
    done = train_challenger(frame, resolution, recipe, None, folds=options.folds, report=report)
    assert isinstance(done.model, LstmModel)
    noted = describe_training(done.model, done.result, done.candles, done.seconds)
    return TrainedLstm(done, noted)


def silent(progress: Progress) -> None:
    """Hear of progress and do nothing."""


SIGNAL = candles(3_000, momentum=0.3)


@pytest.fixture(scope="module")
def heard() -> list[Progress]:
    """What the training of `trained` told."""
    return []


@pytest.fixture(scope="module")
def trained(heard: list[Progress]) -> TrainedLstm:
    """A small model of a series with a planted signal."""
    return train_lstm(SIGNAL, HOUR, SMALL, heard.append)


@pytest.fixture(scope="module")
def saved(trained: TrainedLstm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its files."""
    folder = tmp_path_factory.mktemp("model")
    save_model(trained.model, folder)
    return folder


def lasting(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what does not depend on the clock."""
    return {k: v for k, v in metadata.items() if k not in ("trained_at", "seconds")}


def test_a_planted_signal_is_found(trained: TrainedLstm) -> None:
    first = trained.metadata["by_horizon"][0]

    assert first["verdict"] == "skilled"
    assert first["scores"]["skill"]["value"] > 0.02
    assert first["scores"]["dm"]["p_value"] < 0.001
    assert first["scores"]["direction"]["p_value"] < 0.05


def test_pure_noise_is_not_called_skilled_and_costs_next_to_nothing() -> None:
    metadata = train_lstm(candles(3_000, momentum=0), HOUR, SMALL, silent).metadata

    assert metadata["verdict"] != "skilled"
    assert metadata["scores"]["mae"] <= 1.005 * metadata["baseline_scores"]["mae"]


def test_intervals_cover_what_they_promise(trained: TrainedLstm) -> None:
    coverage = trained.metadata["scores"]["coverage"]

    assert coverage["0.8"] == pytest.approx(0.8, abs=0.04)
    assert coverage["0.95"] == pytest.approx(0.95, abs=0.03)


def test_the_same_seed_repeats_to_the_bit_whatever_an_unfinished_candle_says(
    trained: TrainedLstm,
) -> None:
    unfinished = SIGNAL.tail(1).assign(
        time=SIGNAL["time"].iloc[-1] + HOUR, close=500.0, flags=int(CandleFlag.PARTIAL)
    )
    frame = pd.concat([SIGNAL, unfinished], ignore_index=True)

    again = train_lstm(frame, HOUR, SMALL, silent)

    assert lasting(again.metadata) == lasting(trained.metadata)
    for name in ("model.json", "model.onnx"):
        assert again.model.to_files()[name] == trained.model.to_files()[name]


def test_metadata_says_how_to_make_and_judge_the_model(trained: TrainedLstm) -> None:
    metadata = trained.metadata

    assert (
        metadata["n"]
        == metadata["scores"]["n"]
        == sum(fold["scores"]["n"] for fold in metadata["folds"])
    )
    assert [part["horizon"] for part in metadata["by_horizon"]] == [1, 2, 3]
    assert set(metadata["other_baselines"]) == {"drift", "seasonal_naive"}
    assert metadata["candles"] == 3_000
    assert metadata["last_time"] == "2024-03-18T21:00:00Z"
    assert msgspec.convert(metadata["options"], LstmOptions) == SMALL
    assert {"keras", "python", "backend"} <= set(metadata["versions"])
    assert len(metadata["data_hash"]) == 64
    msgspec.json.decode(msgspec.json.encode(metadata))


def test_no_fold_learns_from_what_it_is_tested_on(trained: TrainedLstm) -> None:
    for fold in trained.metadata["folds"]:
        assert fold["train"]["end"] < fold["test"]["start"]


def test_the_three_files_hold_the_same_model(trained: TrainedLstm, saved: Path) -> None:
    assert sorted(path.name for path in saved.iterdir()) == [
        "model.json",
        "model.onnx",
        "model.weights.h5",
    ]
    model = load_model(saved)
    assert isinstance(model, LstmModel)
    assert model.learnt == trained.model.learnt

    network = build_network(msgspec.convert(trained.metadata["architecture"], Architecture))
    network.load_weights(saved / "model.weights.h5")
    session = open_session((saved / "model.onnx").read_bytes())

    rows = np.arange(len(SIGNAL) - 256, len(SIGNAL))
    sample = model.inputs.of(make_history(SIGNAL, HOUR), rows)
    expected = network.predict(sample, verbose=0)
    assert np.abs(run_session(session, *sample) - expected).max() <= 1e-5


def test_what_is_served_follows_the_signal(trained: TrainedLstm, saved: Path) -> None:
    model = load_model(saved)
    assert isinstance(model, LstmModel)
    server = LstmServer(model, trained.metadata)

    moves = []
    for end in range(2_000, 2_200):
        tail = SIGNAL[:end].tail(server.rows_needed)
        last, previous = tail["close"].iloc[-1], tail["close"].iloc[-2]
        predicted = server.predict(tail, HOUR).predictions[0].predicted
        moves.append((math.log(last / previous), math.log(predicted / last)))

    assert np.corrcoef(np.array(moves).T)[0, 1] > 0.8


def test_price_levels_as_input_do_no_harm_either() -> None:
    options = msgspec.structs.replace(SMALL, normalization="zscore", nsteps=1)

    metadata = train_lstm(candles(1_500, momentum=0), HOUR, options, silent).metadata

    assert metadata["normalization"]["scaler"]["spread"] > 0
    assert metadata["scores"]["mae"] <= 1.02 * metadata["baseline_scores"]["mae"]


def test_prices_that_stand_still_can_be_trained_on() -> None:
    frame = candles(700, momentum=0).assign(open=1.0, high=1.0, low=1.0, close=1.0)

    trained = train_lstm(frame, HOUR, SMALL, silent)

    assert trained.metadata["scores"]["skill"]["value"] is None
    assert trained.metadata["verdict"] == "unproven"


def test_of_a_long_history_the_newest_candles_are_used_and_just_enough_will_do() -> None:
    options = msgspec.structs.replace(SMALL, max_candles=candles_needed(SMALL))

    metadata = train_lstm(SIGNAL, HOUR, options, silent).metadata

    assert metadata["candles"] == candles_needed(SMALL)
    assert metadata["last_time"] == "2024-03-18T21:00:00Z"
    assert metadata["n"] > 0


def test_it_stops_where_the_report_says_so() -> None:
    calls: list[Progress] = []

    def stop(progress: Progress) -> None:
        calls.append(progress)
        if progress.done >= 2:
            raise JobCancelled("cancelled")

    with pytest.raises(JobCancelled):
        train_lstm(SIGNAL, HOUR, SMALL, stop)

    assert calls[-1].done == 2


def test_progress_tells_every_epoch_and_only_goes_forward(
    trained: TrainedLstm, heard: list[Progress]
) -> None:
    done = [progress.done for progress in heard]
    epochs = sum(fold["epochs"] for fold in trained.metadata["folds"])

    assert done == sorted(done)
    assert len(set(done)) > epochs
    assert done[-1] == heard[-1].total == SMALL.epochs * (SMALL.folds + 1)


def test_too_few_candles_are_refused_with_both_numbers() -> None:
    needed = candles_needed(SMALL)

    with pytest.raises(InvalidRequest, match=f"at least {needed} .* {needed - 1} are held"):
        train_lstm(SIGNAL.head(needed - 1), HOUR, SMALL, silent)


def test_candles_cut_up_by_gaps_are_refused() -> None:
    frame = SIGNAL[SIGNAL.index % 30 != 0].reset_index(drop=True)

    with pytest.raises(InvalidRequest, match="without a gap"):
        train_lstm(frame, HOUR, SMALL, silent)
