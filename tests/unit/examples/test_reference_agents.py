"""The reference EAs can be read by MetaEditor as far as that shows without it."""

import pytest

from tests.reference_agents import (
    MOST_LINES,
    NAMES,
    SOURCES,
    code_of,
    headers_of,
    keys_of,
    paths_of,
    text_of,
)

PAIRS = {")": "(", "]": "[", "}": "{"}


def test_there_are_three_and_they_are_short() -> None:
    assert tuple(SOURCES) == NAMES
    assert sum(source.count(b"\n") for source in SOURCES.values()) < MOST_LINES


@pytest.mark.parametrize("name", NAMES)
def test_a_source_is_plain_ascii_without_tabs_and_says_that_nobody_compiled_it(name: str) -> None:
    text = text_of(name)
    assert all(character == "\n" or " " <= character <= "~" for character in text)
    assert "Source only: compile in MetaEditor; not compiled in our CI." in text
    assert "Apache-2.0" in text


@pytest.mark.parametrize("name", NAMES)
def test_brackets_balance(name: str) -> None:
    open_ones: list[str] = []
    for character in code_of(name):
        if character in PAIRS.values():
            open_ones.append(character)
        elif character in PAIRS:
            assert open_ones
            assert open_ones.pop() == PAIRS[character]
    assert open_ones == []


@pytest.mark.parametrize("name", NAMES)
def test_texts_end_on_their_line(name: str) -> None:
    for line in text_of(name).splitlines():
        quotes = line.replace("\\\\", "").replace('\\"', "").replace("'\"'", "").count('"')
        assert quotes % 2 == 0, line


def test_trading_is_off_until_a_user_says_otherwise() -> None:
    text = text_of("TickcastTrader.mq5")
    assert "input bool   InpTrade         = false;" in text
    assert text.count("if(!InpTrade ||") == 1


def test_what_a_source_says_to_the_server_is_found() -> None:
    assert paths_of("TickcastTrader.mq5") == {"/api/scan", "/api/executions", "/api/ea/heartbeat"}
    assert paths_of("TickcastFeed.mq5") == {"/ingest/mt"}
    assert headers_of("Tickcast.mqh") == {"X-API-Key", "Content-Type"}
    assert headers_of("TickcastTrader.mq5") == {"If-None-Match"}
    assert {"pred_id", "utc_offset_s", "closed_at", "enter_by_unix", "items", "skipped"} <= keys_of(
        "TickcastTrader.mq5"
    )
    assert {"bars", "want", "count", "from", "gmt", "poll_s"} <= keys_of("TickcastFeed.mq5")
