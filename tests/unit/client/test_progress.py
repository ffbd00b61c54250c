import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.progress import progress_shown, progress_text
from core.jobs import Progress


def test_a_line_tells_the_share_the_counts_and_the_message() -> None:
    line = progress_text("train", Progress(3, 12, "epochs", "fold 1 of 3"))

    assert line == "train  ██████··················  3/12 epochs  fold 1 of 3"


def test_a_total_that_is_not_known_has_no_bar() -> None:
    assert progress_text("train", Progress(message="reading candles")) == "train  reading candles"


@given(st.integers(-5, 10**9), st.integers(1, 10**9))
def test_the_bar_never_leaves_its_place(done: int, total: int) -> None:
    bar = progress_text("", Progress(done, total)).split("  ")[1]

    assert len(bar) == 24


def test_a_bar_is_written_to_standard_error_only(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown("train", wanted=True) as show:
        show(Progress(1, 2, "epochs", "fold 1"))
        show(Progress(2, 2, "epochs", "fold 1"))

    written = capsys.readouterr()
    assert written.out == ""
    assert "2/2" in written.err


@pytest.mark.parametrize("wanted", [False, None])
def test_nothing_is_shown_where_nobody_looks(
    wanted: bool | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_shown("train", wanted) as show:
        show(Progress(1, 2))

    assert capsys.readouterr() == ("", "")
