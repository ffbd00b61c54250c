"""JSON is read strictly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.json_text import DEPTH_LIMIT, parse_json, parse_lines
from core.errors import MalformedRequest

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**18), 10**18)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_ordinary_json_is_read_as_it_was_written(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"a": 1, "a": 1}', "stands twice"),
        (b'[{"b": {"a": 1, "a": 2}}]', "stands twice"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"[-Infinity]", "Infinity is not JSON"),
        (b"[12345678901234567890]", "more than 19 digits"),
        (b"[-12345678901234567890]", "more than 19 digits"),
        (b"[" + b"9" * 5_000 + b"]", "more than 19 digits"),
        (b'{"a": }', "line 1, column 7"),
        (b"[1] 2", "not valid JSON"),
        (b'"\xff"', "not UTF-8"),
        (b'["' + b"[" * 10, "not valid JSON"),
        (b"]" * 10, "not valid JSON"),
    ],
)
def test_what_other_readers_would_guess_at_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(MalformedRequest, match=said):
        parse_json(text)


def test_the_largest_integer_of_19_digits_is_accepted() -> None:
    assert parse_json(b"[9999999999999999999]") == [9_999_999_999_999_999_999]


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_is_accepted_up_to_its_limit_and_refused_one_beyond(
    opening: bytes, closing: bytes
) -> None:
    def nested(depth: int) -> bytes:
        return opening * depth + b"1" + closing * depth

    parse_json(nested(DEPTH_LIMIT))
    with pytest.raises(MalformedRequest, match="nested deeper than 32"):
        parse_json(nested(DEPTH_LIMIT + 1))


def test_brackets_within_strings_are_not_nesting() -> None:
    text = json.dumps(["[" * 100, '\\"' + "{" * 100, "\\"])
    assert parse_json(text.encode()) == json.loads(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("pattern", [b"[", b'"', b'\\"', b'["\\"', b'{"a":'])
def test_a_hostile_body_of_a_megabyte_is_refused_in_one_pass(pattern: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_json(pattern * ((1 << 20) // len(pattern)))


def test_lines_are_read_one_by_one_and_blank_ones_skipped() -> None:
    assert parse_lines(b'[1, 2]\n\n{"a": 3}\r\n') == [[1, 2], {"a": 3}]


@pytest.mark.parametrize("line", [b"{", b"1],[2", b'{"a":1,"a":1}', b"[NaN]"])
def test_a_bad_line_is_refused(line: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_lines(b"[1]\n" + line)


def test_a_bad_line_is_named() -> None:
    with pytest.raises(MalformedRequest, match="Line 3 is not valid JSON"):
        parse_lines(b"[1]\n\n[2\n[3]")
