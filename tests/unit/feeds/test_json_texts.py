"""Keys that stand twice are found, whatever stands around them, and lists are cut at any depth."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.decoding import Refused, decode
from feeds.json_texts import repeated_key, split_list

texts = st.text(st.sampled_from('ab":{}[], \\\té'), max_size=6)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(texts, inner), max_size=3),
    max_leaves=8,
)
TRADE = b'{"type":"trade","symbol":"A-B","price":"1","size":"2","trade_id":7}'
TWICE = b'{"type":"trade","symbol":"A-B","price":"1","price":"2","size":"2"}'


def written(value: Any, blank: str) -> str:
    """Return JSON of a value in which lists of pairs are objects, with blanks about colons."""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        pairs = (f"{json.dumps(name)}{blank}:{blank}{written(one, blank)}" for name, one in value)
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(one, blank) for one in value) + "]"
    return json.dumps(value)


def repeats(text: str) -> bool:
    """Return what the standard library says of a text."""
    found: list[bool] = []
    json.loads(text, object_pairs_hook=lambda pairs: found.append(len(dict(pairs)) < len(pairs)))
    return any(found)


@given(values, st.sampled_from(["", " ", "\t", " \n"]))
def test_a_key_that_stands_twice_is_found_wherever_it_stands(value: Any, blank: str) -> None:
    text = written([("x", value)], blank)
    assert (repeated_key(text.encode()) is not None) == repeats(text)


@given(st.lists(values, max_size=5), st.sampled_from(["", " ", "\n\t"]))
def test_a_list_is_cut_into_what_its_elements_were(elements: list[Any], blank: str) -> None:
    parts = [written(one, "") for one in elements] or [""]
    body = blank + "[" + ",".join(blank + part + blank for part in parts) + "]" + blank
    assert split_list(body.encode()) == [part.encode() for part in parts]


@pytest.mark.parametrize("body", [b"", b"[", b"[1]]", b"[1],[2]", b"{}", b'["]'])
def test_brackets_that_do_not_match_are_no_list(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        split_list(body)


@pytest.mark.parametrize(
    "twice",
    [
        TWICE,
        TWICE.replace(b'"price":"2"', b'"price" :"2"'),
        TWICE.replace(b'"price":"2"', b'"pr\\u0069ce":"2"'),
        TWICE.replace(b'"symbol":"A-B","price":"1"', b'"symbol":"A-B","symbol":"C-D"'),
        # Of as many keys as its neighbours: one is left out, one stands twice.
        b'{"type":"trade","symbol":"A-B","price":"1","size":"2","size":"3"}',
        b'{"stream":"x@trade","data":{"e":"trade","p":"1","p":"2"}}',
    ],
)
def test_a_message_with_a_key_twice_is_refused_alone_also_among_ones_known_by_now(
    twice: bytes,
) -> None:
    body = b"[" + b",".join([TRADE, twice, TRADE]) + b"]"
    for _ in range(5):
        first, second, third = decode(body)
        assert isinstance(second, Refused)
        assert "stands twice" in second.reason
        assert (first.trade_id, third.trade_id) == (7, 7)
        assert isinstance(decode(twice)[0], Refused)
        assert decode(TRADE)[0].price == "1"


def test_messages_known_by_now_have_the_values_that_they_had_at_first() -> None:
    nested = b'{"stream":"x@trade","data":{"e":"trade","s":"X","t":5,"p":"1","q":"2","M":true}}'
    for body in (TRADE, b"[" + TRADE + b"," + TRADE + b"]"):
        told = [[msgspec.structs.asdict(one) for one in decode(body)] for _ in range(6)]
        shown = [
            [{k: v for k, v in one.items() if not k.startswith("unread")} for one in m]
            for m in told
        ]
        assert all(one == shown[0] for one in shown)
    assert len({str(decode(nested)[0].stream) for _ in range(6)}) == 1
