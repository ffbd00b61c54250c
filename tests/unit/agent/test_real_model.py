"""A real model says nothing ungrounded either; no package holds one, so a server must be named.

`LLM_URL=http://127.0.0.1:11434 LLM_MODEL=qwen3:8b pytest -m slow -s tests/unit/agent -k real`;
`LLM_WIRE=openai` for a server that speaks so.
"""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from agent.chat.options import MOST_SECONDS
from agent.wires.connect import connect
from tests.unit.agent.asking import asked
from tests.unit.agent.injections import SPOKEN
from tests.unit.agent.recording import RecordingToolbox

URL, MODEL = os.environ.get("LLM_URL", ""), os.environ.get("LLM_MODEL", "")


@pytest.mark.slow
@pytest.mark.skipif(not (URL and MODEL), reason="LLM_URL and LLM_MODEL name no real model server")
async def test_a_real_model_is_believed_or_replaced_and_never_says_more_than_it_looked_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wire = "openai" if os.environ.get("LLM_WIRE") == "openai" else "ollama"
    server = connect(wire, URL, MODEL, os.environ.get("LLM_KEY", ""), MOST_SECONDS)
    assert server is not None
    assert (await server.status()).reachable
    with Path(__file__).with_name("questions.tsv").open() as lines:
        told = [[row["question"]] for row in csv.DictReader(lines, delimiter="\t", quoting=3)]
    became: Counter[str] = Counter()
    for said in [*told, *SPOKEN.values()]:
        answer = await asked(said, server, RecordingToolbox(), comment=True)
        became[answer.fallback or "believed"] += 1
    await server.close()
    with capsys.disabled():
        print(f"{MODEL}: {dict(became)}")
    assert set(became) != {"away"}
