"""Text from outside steers no terminal and ends no line."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from core.plain_text import escape_controls


@given(st.text())
def test_no_control_character_is_left_and_all_else_stays(text: str) -> None:
    shown = escape_controls(text)
    assert not any(unicodedata.category(sign) == "Cc" for sign in shown)
    if not any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in text):
        assert shown == text


@given(st.text())
def test_json_stays_the_same_json(text: str) -> None:
    assert json.loads(escape_controls(json.dumps(text, ensure_ascii=False))) == text


def test_line_feeds_stay_where_that_is_asked() -> None:
    assert escape_controls("a\nb\x1b", lines=True) == "a\nb\\u001b"
