"""The benchmark of exchange rates is read in both its forms, and split as it is published."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.__main__ import _chosen
from bench.accuracy import exchange_rate
from bench.accuracy.exchange_rate import Errors, _prepare, fits, read_table


def walks(days: int) -> np.ndarray:
    random = np.random.default_rng(0)
    return np.exp(np.cumsum(random.normal(size=(days, 8)) * 0.005, axis=0))


@pytest.mark.parametrize("dated", [False, True])
def test_a_table_is_read_with_and_without_a_header_and_dates(tmp_path: Path, dated: bool) -> None:
    table, file = walks(50), tmp_path / "rates.csv"
    frame = pd.DataFrame(table, columns=list("abcdefgh"))
    if dated:
        frame.insert(0, "date", pd.date_range("1990-01-01", periods=50))
    frame.to_csv(file, header=dated, index=False)

    assert read_table(file) == pytest.approx(table)


def test_the_last_fifth_is_tested_and_no_label_learnt_reaches_into_it() -> None:
    close, horizon = walks(3_000)[:, 0], 96

    history, fold = _prepare(close, horizon)

    assert history.frame["high"].tolist() == close.tolist()
    assert fold.test[0] == 3_000 - 600 - 1
    assert fold.test[-1] == 3_000 - horizon - 1
    assert fold.train[-1] + horizon <= fold.test[0]


def test_errors_are_means_of_squares_and_sizes() -> None:
    assert Errors.of(np.array([[1.0, -3.0]])) == (5.0, 2.0)


def test_an_absent_file_is_said_and_a_short_one_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange_rate.run(tmp_path / "nothing")
    exchange_rate.run()
    short = tmp_path / "short"
    pd.DataFrame(walks(300)).to_csv(short, header=False, index=False)
    exchange_rate.run(short)

    said = capsys.readouterr().out
    assert said.count("skipped, name its file") == 2
    assert said.count("300 rows are too few") == 4
    assert fits(7_588, 720)


def test_the_file_stands_after_the_name_of_its_bench() -> None:
    benches, unknown = _chosen(["indicators", "exchange_rate", "rates.txt", "start_up"])
    assert (len(benches), unknown) == (3, [])
    assert _chosen(["rates.txt"])[1] == ["rates.txt"]
