"""Questions to the agent from the command line: what is sent and what is shown."""

import json
from typing import Any

from typer.testing import CliRunner

from client.cli import app

ANSWER = {
    "response": "XAUUSD last traded at 2350.50.", "tool_calls": [], "conversation_id": "c-1",
    "citations": [{"statement": "price_now", "tool_call": "t1", "path": "last_price",
                   "value": 2350.5, "text": "2350.50", "href": "/api/snapshot/XAUUSD", "line": 0,
                   "start": 22}],
    "provider": "builtin", "model": "narrator-1", "degraded": True, "fallback": "away",
    "comment": None, "language": "en",
}  # fmt: skip


def test_a_question_is_answered_with_the_source_of_each_number(server: Any) -> None:
    server.answers("POST", "/api/v1/chat", server.answer(ANSWER))
    environment = {"TICKCAST_URL": server.url, "TICKCAST_API_KEY": "a-key"}
    words = ["ask", "What is the price of XAUUSD?", "--conversation", "c-1"]
    shown = CliRunner().invoke(app, words, env=environment)
    assert shown.exit_code == 0, shown.stderr
    assert json.loads(server.asked[0].body) == {
        "message": "What is the price of XAUUSD?", "conversation_id": "c-1",
    }  # fmt: skip
    for told in ("2350.50", "last_price", "/api/snapshot/XAUUSD", "could not be used", "c-1"):
        assert told in shown.stdout
