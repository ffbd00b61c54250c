"""Errors speak the language of whoever reads them."""

from typing import Any

import pytest
from typer.testing import CliRunner

from client import Tickcast, errors
from client.cli import app
from client.words import for_command_line, for_python

BAD_ROW = "candles[3]: high is below low. Mend them, or send ?on_error=skip to leave them out."


def test_a_refused_row_names_the_keyword_in_python_and_the_option_in_a_shell(
    server: Any, tickcast: Tickcast
) -> None:
    server.answers("POST", "/ingest/candles/file", server.error(422, "invalid_request", BAD_ROW))
    rows = [[0, 1.0, 1.0, 1.0, 1.0, 1.0]]

    with pytest.raises(errors.InvalidRequest, match=r"pass skip_bad_rows=True") as caught:
        tickcast.ingest_candles(rows, platform="file", symbol="X", resolution="1h")

    assert "on_error" not in caught.value.detail
    assert "give --skip-bad-rows" in for_command_line(caught.value.detail)


@pytest.mark.parametrize(
    ("said", "python", "typed"),
    [
        ("POST /ingest/kline fetches it.", "ingest_kline() fetches it.",
         "`tickcast ingest kline` fetches it."),
        ("Nothing is trained; POST /slots/train first.",
         "Nothing is trained; train_slot() first.",
         "Nothing is trained; `tickcast train-slot` first."),
        ("Give their zone (zone=, --zone).", "Give their zone (zone=).",
         "Give their zone (zone=)."),
        ("There is no task t1.", "There is no task t1.", "There is no task t1."),
    ],
)  # fmt: skip
def test_routes_become_calls_and_commands(said: str, python: str, typed: str) -> None:
    assert for_python(said) == python
    assert for_command_line(for_python(said)) == typed


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--ulr", "x", "list"], ["--url", "--data-dir"]),
        (["list", "--foo"], ["--json"]),
        (["ingest", "kline", "coinbase", "BTC-USD", "1h", "--since", "x"], ["--start", "--days"]),
        (["nonsense"], ["ingest", "predict"]),
        (["tasks", "shwo"], ["show", "cancel"]),
    ],
)
def test_what_the_command_line_does_not_know_is_answered_with_what_there_is(
    words: list[str], named: list[str]
) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    for name in named:
        assert name in result.stderr
