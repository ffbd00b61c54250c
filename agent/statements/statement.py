"""A sentence that can be said of a result, and how its values are written."""

from collections.abc import Mapping
from enum import StrEnum
from string import Formatter
from types import MappingProxyType
from typing import get_args

import msgspec

from core.answers.chat import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


class Unit(StrEnum):
    """What a value is, and so how it is rounded and written."""

    PRICE = "price"
    MONEY = "money"
    PERCENT = "percent"
    SHARE = "share"
    SIGNED_SHARE = "signed_share"
    NUMBER = "number"
    SIGNED = "signed"
    COUNT = "count"
    SECONDS = "seconds"
    TIME = "time"
    NAME = "name"
    WORD = "word"


class Statement(msgspec.Struct, frozen=True):
    """A sentence about some `fields` of a result, in each language.

    `of` names a list of the result: the sentence is then about one of its items, whose
    fields are meant first. It cannot be said where one of its values is missing. Templates
    hold no digits: a number is always a field.
    """

    id: str
    fields: Mapping[str, Unit]
    en: str
    es: str
    pt: str
    of: str = ""

    def template(self, language: Language) -> str:
        """Return the sentence of a language, with the names of its fields in braces."""
        return {"en": self.en, "es": self.es, "pt": self.pt}[language]

    def names_in(self, language: Language) -> list[str]:
        """Return the fields that a language's sentence has, in their order."""
        parts = Formatter().parse(self.template(language))
        return [name for _, name, _, _ in parts if name]


def fields(**units: Unit) -> Mapping[str, Unit]:
    """Return fields with their units, as a statement wants them."""
    return MappingProxyType(units)
