"""Finds figures in an answer that no citation accounts for; knows nothing of how it was made."""

import unicodedata
from typing import Any

# Of all that may stand for a number, what a sentence uses anyway is left out (an "a", an "un").
NUMBER_WORDS = frozenset(
    """two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred
    thousand million percent half dos tres cuatro cinco seis siete ocho nueve diez once doce veinte
    treinta cuarenta cincuenta cien mil millon mitad dois duas quatro sete oito nove dez onze doze
    vinte trinta quarenta cinquenta cem milhao metade""".split()
)


def figures(text: str) -> list[str]:
    """Return the runs of a text that have a figure of any script, or are a word for one."""
    runs = "".join(char if _joins(char) else " " for char in text).split()
    return [run for run in runs if any(map(_counts, run)) or run.casefold() in NUMBER_WORDS]


def uncited(answer: dict[str, Any]) -> list[str]:
    """Return the figures of an answer that are no part of a cited value of a call that went well.

    Each citation must be where it says it is, of a field that the call's result has, with the
    value that stands there.
    """
    lines = [list(line) for line in answer["response"].split("\n")]
    results = {call["id"]: call["result"] for call in answer["tool_calls"] if call["ok"]}
    wrong = []
    for cited in answer["citations"]:
        value: Any = results.get(cited["tool_call"])
        for step in cited["path"].split("."):
            value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
        start = cited["start"]
        end = start + len(cited["text"])
        line = lines[cited["line"]]
        if value != cited["value"] or "".join(line[start:end]) != cited["text"]:
            wrong.append(cited["text"])
        line[start:end] = " " * (end - start)
    left = "\n".join("".join(line) for line in lines)
    return wrong + figures(left) + figures(answer["comment"] or "")


def _joins(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or char in ".,:-+%"


def _counts(char: str) -> bool:
    known = unicodedata.category(char)[0] == "N"
    return known or any(
        unicodedata.category(c)[0] == "N" for c in unicodedata.normalize("NFKC", char)
    )
