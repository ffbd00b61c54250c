"""Messages stay until they are acknowledged, in order, in frames that the server takes."""

import json
import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.live.push_window import FRAME_BYTES, FRAME_MESSAGES, PushWindow


def message(number: int, size: int = 0) -> bytes:
    return json.dumps({"n": number, "pad": "x" * size}).encode()


def numbers(frame: bytes) -> list[int]:
    found = msgspec.json.decode(frame)
    return [one["n"] for one in (found if isinstance(found, list) else [found])]


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 10_000), st.floats(0, 0.5))
def test_every_message_arrives_in_order_whatever_connections_break(
    count: int, seed: int, breaks: float
) -> None:
    dice, window = random.Random(seed), PushWindow(most_unanswered=4)
    arrived: list[int] = []  # what the server saw, again and again
    sent = 0
    for number in range(count):
        window.add(message(number, dice.choice((0, 10, 30_000))))
    while not window.empty:
        action = dice.random()
        if action < breaks:
            window.reconnect()
            sent = 0
        elif action < 0.8:
            frame = window.next_frame(0.0)
            if frame is not None:
                assert len(frame.data) <= FRAME_BYTES
                assert frame.messages <= FRAME_MESSAGES
                arrived += numbers(frame.data)
                sent += 1
        else:
            window.acknowledge(dice.randint(0, sent))

    assert list(dict.fromkeys(arrived)) == list(range(count))


def test_a_message_that_would_spoil_a_list_travels_alone() -> None:
    window = PushWindow()
    parts = [message(1), b"{broken", b"[1]", message(2), message(3)]
    for part in parts:
        window.add(part)

    frames = [window.next_frame(0.0) for _ in range(5)]

    assert [frame.data if frame else None for frame in frames] == [
        message(1),
        b"{broken",
        b"[1]",
        b"[" + message(2) + b"," + message(3) + b"]",
        None,
    ]


def test_what_is_of_use_only_until_the_next_is_replaced_and_never_sent_again() -> None:
    window = PushWindow()
    window.add(message(1))
    for number in (2, 3):
        window.put_newest("book", message(number))
    newest, other = window.next_frame(0.0), window.next_frame(0.0)
    assert newest is not None
    assert other is not None
    assert (numbers(newest.data), newest.messages) == ([3], 0)
    assert numbers(other.data) == [1]

    assert window.reconnect() == 1
    again = window.next_frame(0.0)
    assert again is not None
    assert numbers(again.data) == [1]
    assert window.next_frame(0.0) is None
    window.acknowledge(1)
    assert window.empty


def test_no_more_frames_are_out_than_allowed() -> None:
    window = PushWindow(most_unanswered=2)
    for number in range(FRAME_MESSAGES * 3):
        window.add(message(number))
    assert [window.next_frame(0.0) is not None for _ in range(3)] == [True, True, False]

    assert len(window.acknowledge(1)) == 1

    assert window.next_frame(0.0) is not None


def test_the_producer_is_told_to_wait_by_count_and_by_size() -> None:
    by_count, by_size = PushWindow(most_messages=2), PushWindow(most_bytes=100)
    by_count.add(message(1))
    by_size.add(message(1, 100))

    assert (by_count.full, by_size.full) == (False, True)
    by_count.add(message(2))
    assert by_count.full
    by_count.next_frame(0.0)
    assert not by_count.full


def test_an_acknowledgement_of_frames_never_sent_takes_nothing_more() -> None:
    window = PushWindow()
    window.add(message(1))
    window.next_frame(0.0)

    assert len(window.acknowledge(99)) == 1
    assert window.empty
