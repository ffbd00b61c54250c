"""A word or a sentence in each language."""

from typing import NamedTuple

from core.answers.chat import Language


class Said(NamedTuple):
    """A word or a sentence in each language."""

    en: str
    es: str
    pt: str

    def by(self, language: Language) -> str:
        """Return it in a language."""
        return {"en": self.en, "es": self.es, "pt": self.pt}[language]
