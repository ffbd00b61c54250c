"""docs/agent.md names every tool and every reason to fall back, and its statement is a real one."""

from pathlib import Path
from typing import get_args

from agent.tools.get_regime import REGIME_VOLATILITY
from agent.tools.table import TOOLS
from core.answers.chat import Fallback

TEXT = (Path(__file__).parents[3] / "docs/agent.md").read_text()


def test_the_page_names_every_tool_and_every_fallback() -> None:
    named = [*TOOLS, *get_args(Fallback)]
    assert [name for name in named if f"| `{name}` |" not in TEXT] == []


def test_the_statement_shown_is_one_that_there_is() -> None:
    assert all(text in TEXT for text in (REGIME_VOLATILITY.en, REGIME_VOLATILITY.es))
