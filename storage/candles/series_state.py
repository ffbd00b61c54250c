"""What is noted beside the candles of a series whenever they are written, by whichever way."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from core.series import Series
from storage import keys

# Candles that are brought change `write`, those that are built of trades `version`.
_FIELDS = ("write", "version", "changes", "retention")
# So many of the last writes say from when on they changed something.
MOST_CHANGES = 16


class SeriesState(NamedTuple):
    """The mark of the last write of candles that are brought, and what the last ones changed.

    `changes` are marks, each with the first opening (s) that the write changed, oldest first.
    """

    write: str
    version: str
    changes: tuple[tuple[str, int], ...]
    retention: str

    @classmethod
    def read(cls, reply: Sequence[bytes | None]) -> Self:
        """Return the state that was answered to `ask_state`."""
        write, version, changes, retention = ((part or b"").decode() for part in reply)
        return cls(write, version, read_changes(changes), retention)

    @property
    def mark(self) -> str:
        """Return what is another once anything was written."""
        return f"{self.write}:{self.version}"

    @property
    def is_noted(self) -> bool:
        """Say whether any write was noted: the mark of one that was not says nothing."""
        return bool(self.write or self.version)

    def changed_since(self, before: Self) -> int | None:
        """Return the first opening (s) that was written since an earlier state, None if unknown.

        What is dropped for its age is not written.
        """
        marks = [mark for mark, _ in self.changes]
        known = self.version == before.version and self.retention in ("", "0")
        if not known or before.write not in marks or marks[-1] != self.write:
            return None
        return min(
            (first for _, first in self.changes[marks.index(before.write) + 1 :]), default=None
        )


def ask_state(pipeline: Any, series: Series) -> None:
    """Queue the question for a series' state."""
    pipeline.hmget(keys.candle_state(series), _FIELDS)


def read_changes(text: str) -> tuple[tuple[str, int], ...]:
    """Return the changes that a text tells."""
    parts = text.split()
    return tuple((mark, int(first)) for mark, first in zip(parts[::2], parts[1::2], strict=True))


def with_change(text: str, mark: str, first: int) -> str:
    """Return the text of changes with one more at its end."""
    parts = [*text.split(), mark, str(first)]
    return " ".join(parts[-2 * MOST_CHANGES :])
