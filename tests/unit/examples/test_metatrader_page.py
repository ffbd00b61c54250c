"""docs/metatrader.md names errors that the server has, and inputs that the EAs have."""

import re
from pathlib import Path

from core.errors import TickcastError
from core.executions import merge  # noqa: F401 - its errors are to be known
from tests.reference_agents import text_of

PAGE = (Path(__file__).parents[3] / "docs" / "metatrader.md").read_text()
TABLE = PAGE.split("## What terminals say, and what it means", 1)[1].split("\n## ", 1)[0]


def every_type(kind: type[TickcastError]) -> set[str]:
    """Return the words of an error and of all that derive from it."""
    return {kind.type}.union(*map(every_type, kind.__subclasses__()))


def test_errors_that_terminals_print_are_those_of_the_server() -> None:
    told = set(re.findall(r"^\| 4\d\d `(\w+)`", TABLE, re.MULTILINE))
    assert {"unauthorized", "key_expired", "ticket_reused"} <= told
    assert told <= every_type(TickcastError)


def test_inputs_of_the_page_are_inputs_of_the_sources() -> None:
    sources = text_of("TickcastTrader.mq5") + text_of("TickcastFeed.mq5")
    inputs = set(re.findall(r"^input \w+ +(\w+)", sources, re.MULTILINE))
    assert set(re.findall(r"\bInp[A-Z]\w+", PAGE)) == inputs
