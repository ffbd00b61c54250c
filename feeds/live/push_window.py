"""Messages on their way to a server: waiting, sent, acknowledged. No input or output here."""

import re
from collections import deque
from dataclasses import dataclass

import msgspec

# The server takes 64 KiB a frame; brackets and commas are within the rest.
FRAME_BYTES = 60_000
FRAME_MESSAGES = 500
_MESSAGE = re.compile(rb"\s*(?:\{|\[\s*\d+\s*,)")


@dataclass(slots=True)
class Frame:
    """Messages that travel together; `sent_at` in seconds.

    One that holds no more than the newest of something counts none, and is not sent again.
    """

    data: bytes
    messages: int
    sent_at: float = 0.0


class PushWindow:
    """Keeps messages in order until the server has acknowledged them.

    Bounded twice: `full` asks the producer to wait, and at most `most_unanswered`
    frames are out at a time. After a lost connection what was not acknowledged
    is sent again, first; the server counts no trade twice.
    """

    def __init__(
        self,
        *,
        most_messages: int = 50_000,
        most_bytes: int = 32 << 20,
        most_unanswered: int = 64,
    ) -> None:
        self._most_messages, self._most_bytes = most_messages, most_bytes
        self._most_unanswered = most_unanswered
        self._waiting: deque[bytes] = deque()
        self._newest: dict[str, bytes] = {}
        self._bytes = 0
        self._again: deque[Frame] = deque()
        self._sent: deque[Frame] = deque()
        self._acknowledged = 0  # frames of this connection

    @property
    def full(self) -> bool:
        """Whether the producer should wait."""
        return len(self._waiting) >= self._most_messages or self._bytes >= self._most_bytes

    @property
    def empty(self) -> bool:
        """Whether everything was acknowledged."""
        return not (self._waiting or self._again or self._sent)

    @property
    def waiting(self) -> int:
        """How many messages have not been sent, or must be sent again."""
        return len(self._waiting) + sum(frame.messages for frame in self._again)

    @property
    def unanswered(self) -> int:
        """How many messages were sent and not acknowledged."""
        return sum(frame.messages for frame in self._sent)

    def oldest_sent_at(self) -> float | None:
        """Return when the oldest unanswered frame was sent."""
        return self._sent[0].sent_at if self._sent else None

    def add(self, message: bytes) -> None:
        """Put a message at the end."""
        self._waiting.append(message)
        self._bytes += len(message)

    def put_newest(self, name: str, message: bytes) -> None:
        """Send a message soon, in place of one of that name which has not been sent yet."""
        self._newest[name] = message

    def next_frame(self, now: float) -> Frame | None:
        """Return the next frame to send, None if there is none or too many are unanswered."""
        if len(self._sent) >= self._most_unanswered:
            return None
        frame = self._again.popleft() if self._again else self._pack_newest() or self._pack()
        if frame is not None:
            frame.sent_at = now
            self._sent.append(frame)
        return frame

    def acknowledge(self, number: int) -> list[Frame]:
        """Note that frames up to `number` of this connection were taken; returns those."""
        taken = []
        while self._acknowledged < number and self._sent:
            taken.append(self._sent.popleft())
            self._acknowledged += 1
        return taken

    def reconnect(self) -> int:
        """Begin a new connection; returns how many messages are sent again."""
        self._again.extendleft(frame for frame in reversed(self._sent) if frame.messages)
        resent = self.unanswered
        self._sent.clear()
        self._acknowledged = 0
        return resent

    def _pack_newest(self) -> Frame | None:
        parts: list[bytes] = []
        size = 2
        for name in list(self._newest):
            size += len(self._newest[name]) + 1
            if parts and size > FRAME_BYTES:
                break
            parts.append(self._newest.pop(name))
        return Frame(b"[" + b",".join(parts) + b"]", 0) if parts else None

    def _pack(self) -> Frame | None:
        if not self._waiting:
            return None
        if not _joins(self._waiting[0]):
            return Frame(self._take(), 1)
        parts, size = [self._take()], 2
        size += len(parts[0])
        while self._waiting and len(parts) < FRAME_MESSAGES:
            message = self._waiting[0]
            if size + len(message) + 1 > FRAME_BYTES or not _joins(message):
                break
            parts.append(self._take())
            size += len(message) + 1
        data = parts[0] if len(parts) == 1 else b"[" + b",".join(parts) + b"]"
        return Frame(data, len(parts))

    def _take(self) -> bytes:
        message = self._waiting.popleft()
        self._bytes -= len(message)
        return message


def _joins(message: bytes) -> bool:
    """Say whether a message may stand in a list: one that is no JSON message would spoil it.

    Messages of some venues are lists themselves, which begin with a number.
    """
    if not _MESSAGE.match(message):
        return False
    try:
        msgspec.json.decode(message, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True
