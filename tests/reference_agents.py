"""What stands in the sources of the reference EAs, read without a compiler."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "examples" / "metatrader"
SOURCES = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}
NAMES = ("Tickcast.mqh", "TickcastFeed.mq5", "TickcastTrader.mq5")
MOST_LINES = 400

_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
# Keys that are written stand in a text as \"key\":, those that are read are named in a call.
_WRITTEN, _READ = re.compile(r'\\"(\w+)\\":'), re.compile(r'Json\w*\([^"]*?, "(\w+)"\)')
_PATH = re.compile(r'"((?:/[a-z]+)+)/?[?"]')
_HEADER = re.compile(r'"(?:\\r\\n)?([A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+): ')


def text_of(name: str) -> str:
    """Return a source as text."""
    return SOURCES[name].decode("ascii")


def code_of(name: str) -> str:
    """Return a source without texts, characters and comments."""
    plain = _STRING.sub('""', text_of(name))
    plain = re.sub(r"'(?:\\.|[^'\\])'", "0", plain)
    return re.sub(r"//[^\n]*", "", plain)


def keys_of(name: str) -> set[str]:
    """Return every JSON key that a source writes or reads."""
    text = text_of(name)
    return set(_WRITTEN.findall(text)) | set(_READ.findall(text))


def paths_of(name: str) -> set[str]:
    """Return every path that a source calls, without its query."""
    return set(_PATH.findall(text_of(name)))


def headers_of(name: str) -> set[str]:
    """Return every header that a source sends."""
    text = text_of(name)
    inside = re.findall(r"\\r\\n([A-Z][A-Za-z-]+): ", text)
    return set(_HEADER.findall(text)) | set(inside)
