"""What the server says in words of HTTP, in those of Python and of the command line.

The server cannot know who asks. Its sentences name routes and parameters; whoever calls
`Tickcast` reads its methods and keywords instead, and whoever types a command its options.
"""

import re

# As the server says it (a regular expression), in Python, at the command line.
_WORDS = (
    (r"send \?on_error=skip", "pass skip_bad_rows=True", "give --skip-bad-rows"),
    (r"send overwrite", "pass overwrite=True", "give --overwrite"),
    (r"POST /ingest/kline(/\w+)?", "ingest_kline()", "`tickcast ingest kline`"),
    (r"POST /ingest/candles(/\w+)?", "ingest_candles()", "`tickcast ingest candles`"),
    (r"POST /slots/train", "train_slot()", "`tickcast train-slot`"),
    (r"POST /lstm/train", "train()", "`tickcast train`"),
    (r"POST /train\b", "train_next_candle()", "train_next_candle() of the Python client"),
    (r"GET /candles\b", "series()", "`tickcast list`"),
    (r"GET /slots\b", "scoreboard()", "`tickcast scoreboard`"),
    (r"GET /docs shows all routes\.", "Client and server may be of different versions.",
     "Command and server may be of different versions."),
)  # fmt: skip
_COMPILED = [(re.compile(said), python, typed) for said, python, typed in _WORDS]
# `zone= (--zone)` and `(zone=, --zone)`: each reader has one of the two.
_BOTH = re.compile(r"\((\w+=), (--[\w-]+)\)")


def for_python(sentence: str) -> str:
    """Return a sentence of the server's as callers of the Python client read it."""
    for said, python, _ in _COMPILED:
        sentence = said.sub(python, sentence)
    return _BOTH.sub(r"(\1)", sentence)


def for_command_line(sentence: str) -> str:
    """Return a sentence of the client's as the command line says it."""
    for _, python, typed in _COMPILED:
        sentence = sentence.replace(python, typed)
    return sentence
