"""The agent: questions about what the server holds, and what was asked before."""

from typing import Any
from urllib.parse import quote

import msgspec

from client.calls.tasks import TaskCalls, decoded
from client.paging import Query, limited

_KEPT = "/api/v1/conversations"
# The server's own limit.
_PAGE = 200
Json = dict[str, Any]


class _Conversations(msgspec.Struct):
    conversations: list[Json]
    next_cursor: str | None = None


class AgentCalls(TaskCalls):
    """The routes `/api/v1/chat` and `/api/v1/conversations`."""

    def ask(self, message: str, *, conversation_id: str | None = None) -> Json:
        """Return an answer: `response`, and `citations` that say where each number is from.

        `conversation_id` goes on with an earlier one; the answer's own is in it. `degraded` says
        that a model is configured and the built-in narrator answered in its place.
        """
        body = {"message": message}
        if conversation_id is not None:
            body["conversation_id"] = conversation_id
        return decoded(self._transport.send("POST", "/api/v1/chat", json=body))

    def conversations(self, limit: int | None = None) -> list[Json]:
        """Return what was asked before, the newest first; all of it where no limit is given."""

        def page(query: Query) -> _Conversations:
            answer = self._transport.send("GET", _KEPT, params=query)
            return msgspec.json.decode(answer.content, type=_Conversations)

        read = limited(page, {}, lambda one: len(one.conversations), limit, _PAGE)
        return [one for part in read for one in part.conversations]

    def conversation(self, conversation_id: str) -> Json:
        """Return a conversation with all its `messages`; raises `NotFound`."""
        return decoded(self._transport.send("GET", _path(conversation_id)))

    def forget_conversation(self, conversation_id: str) -> None:
        """Delete a conversation; raises `NotFound`."""
        self._transport.send("DELETE", _path(conversation_id))


def _path(conversation_id: str) -> str:
    return f"{_KEPT}/{quote(conversation_id, safe='')}"
