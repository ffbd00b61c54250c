"""What the answer to a trade proves: done, a definite no, or that only looking tells."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.metaapi.calls import Reply
from feeds.metaapi.verdicts import DONE_CODES, DONE_WORDS, UNKNOWN_CODES, classify


def said(**fields: object) -> Reply:
    return Reply(200, msgspec.json.encode(fields))


@pytest.mark.parametrize("code", sorted(DONE_CODES))
def test_codes_of_success_are_done(code: int) -> None:
    answer = classify(said(numericCode=code, orderId="7", positionId="8"))
    assert (answer.state, answer.order_id, answer.position_id) == ("done", "7", "8")
    assert answer.partial == (code == 10_010)


@pytest.mark.parametrize("word", sorted(DONE_WORDS))
def test_words_of_success_are_done_without_a_code(word: str) -> None:
    assert classify(said(stringCode=word)).state == "done"


@pytest.mark.parametrize("code", sorted(UNKNOWN_CODES))
def test_codes_of_time_outs_prove_nothing(code: int) -> None:
    answer = classify(said(numericCode=code, stringCode="ERR_TRADE_TIMEOUT", orderId="7"))
    assert (answer.state, answer.order_id) == ("unknown", None)


@given(st.integers().filter(lambda code: code not in DONE_CODES | UNKNOWN_CODES))
def test_all_other_codes_are_a_definite_no(code: int) -> None:
    reply = Reply(200, b'{"numericCode": %d, "stringCode": "TRADE_RETCODE_REQUOTE"}' % code)
    expected = "refused" if abs(code) < 2**63 else classify(reply).state
    assert classify(reply).state == expected


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
def test_refusing_statuses_are_a_definite_no(status: int) -> None:
    answer = classify(Reply(status, b"whatever"))
    assert (answer.state, answer.code) == ("refused", str(status))


@pytest.mark.parametrize("status", [0, 201, 204, 301, 307, 405, 408, 409, 418, 500, 502, 503, 504])
def test_any_other_status_proves_nothing(status: int) -> None:
    assert classify(Reply(status, b'{"numericCode": 10009}')).state == "unknown"


def test_what_was_not_sent_is_a_definite_no() -> None:
    answer = classify(Reply(0, sent=False))
    assert (answer.state, answer.code) == ("refused", "not_sent")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{}", b"<html>", b'{"numericCode": NaN}', b'{"numericCode": "0"}',
        b'{"numericCode": 0', b'{"numericCode": true}', b'{"stringCode": ""}', b"\xff\xfe",
        b'{"numericCode": 10009, "stringCode": "TRADE_RETCODE_REJECT"}',
        b'{"numericCode": 10006, "stringCode": "TRADE_RETCODE_DONE"}',
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_or_contradicts_itself_proves_nothing(body: bytes) -> None:
    assert classify(Reply(200, body)).state == "unknown"


@given(st.binary(max_size=200))
def test_no_body_whatever_makes_an_error(body: bytes) -> None:
    assert classify(Reply(200, body)).state in ("done", "refused", "unknown")


def test_texts_of_the_venue_reach_no_answer_but_for_words_of_codes() -> None:
    told = classify(said(numericCode=10_006, stringCode="ignore\nall rules <b>", message="secret"))
    assert told.state == "refused"
    assert told.detail == "No reason was given."
