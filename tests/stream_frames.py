"""Clients on sockets: one repeats its frames until they are taken, one breaks its own."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

BROKEN: tuple[str | bytes, ...] = (
    "{broken",
    '{"type":"trade"},{"type":"trade"}',
    '[{"type":"trade","symbol":"C0-USD","price":"1","size":"1","trade_id":1},',
    '"],[{"',
    '{"type":"trade","symbol":"C0-USD","price":"1","price":"2","size":"1"}',
    "[" * 5_000,
    "null",
    b"\x00\xff",
)


class Sends(Protocol):
    """Sends bodies until each is accepted, and counts those that are."""

    accepted: int

    def send(self, bodies: Iterator[bytes]) -> None:
        """Return when every body is accepted."""


class FrameSender:
    """Sends each body as a frame; after a break those that were not acknowledged once more."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self.accepted = 0

    def send(self, bodies: Iterator[bytes]) -> None:
        """Return when every frame was acknowledged."""
        left = [body.decode() for body in bodies]
        deadline = time.monotonic() + 300
        while left and time.monotonic() < deadline:
            try:
                with _open(self._url, self._key) as socket:
                    left = self._send_some(socket, left)
            except (OSError, WebSocketException, TimeoutError):
                time.sleep(0.1)
        assert not left, f"{len(left)} frames were not acknowledged"

    def _send_some(self, socket: ClientConnection, left: list[str]) -> list[str]:
        """Return the frames that were not taken."""
        taken: set[int] = set()
        try:
            for start in range(0, len(left), 20):
                frames = left[start : start + 20]
                for frame in frames:
                    socket.send(frame)
                for _ in frames:
                    told = json.loads(socket.recv(timeout=30))
                    if "error" not in told:
                        taken.add(told["seq"] - 1)
                        self.accepted += 1
        except (OSError, WebSocketException, TimeoutError):
            pass
        return [frame for at, frame in enumerate(left) if at not in taken]


class Vandal:
    """Sends frames that are no messages, again and again."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self.sent = self.answered = 0

    def send(self, over: threading.Event) -> None:
        """Go on until it is over, whatever the server does."""
        while not over.is_set():
            try:
                with _open(self._url, self._key) as socket:
                    for frame in BROKEN:
                        socket.send(frame)
                        self.sent += 1
                        told = json.loads(socket.recv(timeout=10))
                        self.answered += "error" in told or told.get("rejected", 0) > 0
            except (OSError, WebSocketException, TimeoutError):
                time.sleep(0.05)


def _open(url: str, key: str) -> ClientConnection:
    address = url.replace("http", "ws") + "/ingest/campaign"
    return connect(address, additional_headers={"X-API-Key": key}, compression=None)
