"""Every line is JSON, those of libraries too, and carries the request's id."""

import json
import subprocess
import sys

SCRIPT = """
import logging, sys
import structlog
from core.process.json_log import log_json

log_json("info", ["chatty"], sys.stderr)
structlog.contextvars.bind_contextvars(request_id="abc")
structlog.get_logger("ours").info("said", count=1, nothing=None)
logging.getLogger("library").warning("warned of %s", "it")
logging.getLogger("library").debug("unheard")
logging.getLogger("chatty").info("unheard")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("library").exception("broken\\nin two")
structlog.get_logger("ours").info("hostile", path="\\x1b[2J\\r\\n\\x9b31m\\u202e\\x7f")
"""


def test_lines_are_json_with_the_id_of_the_request() -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    said, warned, broken, hostile = [json.loads(line) for line in run.stderr.splitlines()]
    assert {line["request_id"] for line in (said, warned, broken)} == {"abc"}
    assert (said["event"], said["count"], said["level"]) == ("said", 1, "info")
    assert "nothing" not in said
    assert (warned["event"], warned["logger"]) == ("warned of it", "library")
    assert broken["event"] == "broken\nin two"
    assert "ZeroDivisionError" in broken["exception"]
    assert said["timestamp"].endswith("Z")
    assert run.stdout == ""
    assert hostile["path"] == "\x1b[2J\r\n\x9b31m\u202e\x7f"
    assert run.stderr.replace("\n", "").isprintable()
