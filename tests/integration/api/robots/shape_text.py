"""Shapes written as text, and whether a value or a schema of OpenAPI has one.

`{name:type}` is an object of these fields and no other, in this order, `name?` one that may be
left out, `[type]` a list, `{*:type}` an object of any names, `a|b` one of both. Types are str,
int, float, bool, iso (UTC, whole seconds, `Z`), null; any other word stands for itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"[{}\[\],:|?*]|[A-Za-z0-9_]+")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
_PLAIN = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None), "iso": str}
_KINDS = {"iso": "string", "str": "string", "int": "integer", "float": "number",
          "bool": "boolean", "null": "null"}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """One of `words`, or an object of `fields` (those in `optional` may lack), or a list."""

    words: tuple[str, ...] = ()
    fields: "dict[str, Shape] | None" = None
    optional: frozenset[str] = frozenset()
    element: "Shape | None" = None

    @classmethod
    def parse(cls, text: str) -> "Shape":
        """Return the shape that a text describes."""
        tokens = _TOKEN.findall(text)
        shape = _parse(tokens)
        assert not tokens, tokens
        return shape

    def problems(self, value: Any, path: str = "$") -> Iterator[str]:
        """Yield what of a value is not of this shape."""
        if isinstance(value, dict) and self.fields is not None:
            yield from self._object(value, path)
        elif isinstance(value, list) and self.element is not None:
            for n, each in enumerate(value):
                yield from self.element.problems(each, f"{path}[{n}]")
        elif not any(_fits(word, value) for word in self.words):
            yield f"{path}: {value!r} is none of {self.words}"

    def _object(self, value: dict[str, Any], path: str) -> Iterator[str]:
        fields = self.fields or {}
        if "*" in fields:
            for name, each in value.items():
                yield from fields["*"].problems(each, f"{path}.{name}")
            return
        present = [name for name in fields if name in value or name not in self.optional]
        if list(value) != present:
            yield f"{path}: has {list(value)}, not {present}"
        for name in fields.keys() & value.keys():
            yield from fields[name].problems(value[name], f"{path}.{name}")

    def schema_problems(self, schema: Any, parts: dict[str, Any], path: str = "$") -> Iterator[str]:
        """Yield what of a JSON schema is not of this shape; `parts` are the named schemas."""
        options = list(_options(schema, parts))
        kinds = {_kind(option) for option in options}
        wanted = {_KINDS.get(word, "string") for word in self.words}
        wanted |= {"object"} if self.fields is not None else set()
        wanted |= {"array"} if self.element is not None else set()
        if kinds != wanted:
            yield f"{path}: the schema says {sorted(kinds)}, the shape {sorted(wanted)}"
        for option in options:
            if _kind(option) == "array" and self.element:
                tuple_of = option.get("prefixItems")
                found = {"anyOf": tuple_of} if tuple_of else option["items"]
                yield from self.element.schema_problems(found, parts, f"{path}[]")
            if _kind(option) == "object" and self.fields and "*" not in self.fields:
                if list(option["properties"]) != list(self.fields):
                    yield f"{path}: {list(option['properties'])}, not {list(self.fields)}"
                for name in self.fields.keys() & option["properties"].keys():
                    found = option["properties"][name]
                    yield from self.fields[name].schema_problems(found, parts, f"{path}.{name}")


def _parse(tokens: list[str]) -> Shape:
    words: list[str] = []
    fields: dict[str, Shape] | None = None
    optional: set[str] = set()
    element: Shape | None = None
    while True:
        token = tokens.pop(0)
        if token == "{":
            fields = {}
            while tokens[0] != "}":
                name = tokens.pop(0)
                if tokens[0] == "?":
                    tokens.pop(0)
                    optional.add(name)
                assert tokens.pop(0) == ":"
                fields[name] = _parse(tokens)
                if tokens[0] == ",":
                    tokens.pop(0)
            tokens.pop(0)
        elif token == "[":
            element = _parse(tokens)
            assert tokens.pop(0) == "]"
        else:
            words.append(token)
        if not tokens or tokens[0] != "|":
            return Shape(tuple(words), fields, frozenset(optional), element)
        tokens.pop(0)


def _fits(word: str, value: Any) -> bool:
    if word not in _PLAIN:
        return bool(value == word)
    if word == "iso":
        return isinstance(value, str) and bool(_ISO.match(value))
    return type(value) is _PLAIN[word]


def _options(schema: Any, parts: dict[str, Any]) -> Iterator[Any]:
    if "$ref" in schema:
        yield from _options(parts[schema["$ref"].rsplit("/", 1)[-1]], parts)
    elif "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from _options(option, parts)
    else:
        yield schema


def _kind(schema: Any) -> str:
    return str(schema.get("type", "string" if "enum" in schema else "?"))
