"""What is no text is answered by closing, on a real server."""

import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.integration.feeds.live.conftest import LiveServer

TRADE = {"type": "trade", "symbol": "A-B", "price": "1.5", "size": "2", "trade_id": 1}


@pytest.mark.parametrize(
    ("data", "as_text", "code"), [(b"\xff\xfe", True, 1007), (b"{", False, 1003)]
)
def test_a_frame_that_is_no_text_closes_its_socket_and_no_other(
    live: LiveServer, data: bytes, as_text: bool, code: int
) -> None:
    url = live.url.replace("http", "ws") + "/ingest/x"
    headers = {"X-API-Key": live.key}
    with (
        connect(url, additional_headers=headers, proxy=None) as hostile,
        connect(url, additional_headers=headers, proxy=None) as honest,
    ):
        hostile.send(data, text=as_text)
        with pytest.raises(ConnectionClosed) as closed:
            hostile.recv(timeout=10)
        honest.send(json.dumps(TRADE))
        answer = json.loads(honest.recv(timeout=10))

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
    assert answer["accepted"] == 1
