"""Refusals name the field and say what it should be."""

from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from api.http.schemas import Name
from api.http.validation import convert_body, convert_query
from core.errors import InvalidRequest


class Inner(Struct, forbid_unknown_fields=True):
    name: Name


class Sample(Struct, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1, le=5)]
    inner: Inner | None = None
    parts: list[float] = []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"count": 1, "kount": 2}, "kount is no field of the body. It has count, inner, parts."),
        ({}, "count is required in the body."),
        ({"count": 9}, "count: expected `int` <= 5."),
        ({"count": "1"}, "count: expected `int`, got `str`."),
        ({"count": True}, "count: expected `int`, got `bool`."),
        ({"count": 1, "inner": {"x": 1, "name": "a"}}, "x is no field of inner."),
        ({"count": 1, "inner": {}}, "inner.name is required in the body."),
        ({"count": 1, "parts": [1, "a"]}, "parts[1]: expected `float`, got `str`."),
        ([], "the body: expected `object`, got `array`."),
        (None, "the body: expected `object`, got `null`."),
    ],
)
def test_a_refusal_names_the_field(value: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        convert_body(value, Sample)
    assert refused.value.detail == sentence


@pytest.mark.parametrize("name", ["", "a/b", "../a", "a b", "{a}", "a\r\nb", "-a", "a" * 65, "ä"])
def test_a_bad_name_is_refused_in_words(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"inner\.name must be 1 to 64 letters"):
        convert_body({"count": 1, "inner": {"name": name}}, Sample)


def test_numbers_of_a_query_come_as_text() -> None:
    assert convert_query({"count": "3"}, Sample).count == 3


@pytest.mark.parametrize("value", ["x", "1_0", " 3", "3.5", ["1", "2"], "nan", ""])
def test_a_query_is_no_place_for_guesses(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="count"):
        convert_query({"count": value}, Sample)


@pytest.mark.parametrize(
    ("value", "field"),
    [({"count": 9}, "count"), ({}, "count"), ({"count": 1, "kount": 2}, "kount"),
     ({"count": 1, "inner": {}}, "inner.name"), ({"count": 1, "parts": ["x"]}, "parts[0]"),
     ([], "")],
)  # fmt: skip
def test_a_refusal_also_carries_the_name_of_the_field(value: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        convert_body(value, Sample)
    assert refused.value.field == field
