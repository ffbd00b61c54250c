"""What the agent answers a page where it cannot be had at will."""

import msgspec

from core.answers.chat import ChatAnswer, Citation, Done, Stated

EVENTS = {"Content-Type": "text/event-stream"}
AWAY = {
    "error": "database_unavailable", "detail": "The database does not answer at the moment.",
    "timestamp": "2026-11-27T09:00:00Z", "request_id": "r",
}  # fmt: skip


def degraded(conversation_id: str) -> str:
    """Return the events of an answer in a model's place; a place counts characters, not units."""
    line = "🙂 Bid 1,234.5, ask –."
    cited = Citation(
        statement="quote", tool_call="t1", path="bid", value=1_234.5, text="1,234.5", href=None,
        line=0, start=6,
    )  # fmt: skip
    answer = ChatAnswer(
        response=line, tool_calls=[], conversation_id=conversation_id, citations=[cited],
        provider="builtin", model="narrator-1", degraded=True, fallback="away",
        comment=None, language="en",
    )  # fmt: skip
    told = {"statement": Stated(line, cited, [cited]), "done": Done(answer).answer}
    parts = [
        f"event: {name}\ndata: {msgspec.json.encode(each).decode()}" for name, each in told.items()
    ]
    return ": ping\n\n" + "\n\n".join(parts) + "\n\n"
