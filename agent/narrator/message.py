"""A message as the grammar reads it, and the language it is in."""

import re
import unicodedata
from functools import cached_property

from agent.narrator.spelling import spelt_out
from core.answers.chat import Language

_WORD = re.compile(r"\w[\w'./:-]*")
# Words and endings that one of the languages has and the others write otherwise.
_TELLING: dict[Language, frozenset[str]] = {
    "en": frozenset(
        "the is are what how much my on of in and to for with you i does did can should could "
        "did have there any tell give why where when was has been it at next me show now right "
        "today or be would price gold pound signal range phase ledger trend news bot please buy "
        "sell trade trades account last balance".split()
    ),
    "es": frozenset(
        "el la los las del al y un una es son qué cuál cuánto cuánta cuánto dónde está están hay "
        "mis mi tengo hoy cómo últimas últimos última en con tus dime puedo llevo hasta "
        "estoy fue este esta cada ahora muy eres señal señales velas rango oro precio precios "
        "acierto aciertos regimen régimen saldo oye vende cuenta noticias gracias robot "
        "porfa historial decision últimas".split()
    ),
    "pt": frozenset(
        "o os da do das dos no na nos nas um uma é são qual quais quanto quanta onde está tá pra "
        "meu minha minhas meus você eu não até tem dá hoje como últimos últimas próximas em vale "
        "estou foi foram esse essa isso agora sinal sinais velas faixa robô robo ouro devo me "
        "estão vai hj vc oq acerto acertos margem livre tenho alguma preço preco intervalo lado "
        "defina quê linha obrigado obrigada conta e lucro desligue feche pro tô qto "
        "explique".split()
    ),
}
_ENDINGS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"(?:ing|tion|n't)\Z"),
    "es": re.compile(r"(?:ñ|ción\Z|cion\Z|ciones\Z|dad\Z|[aei]ste\Z)"),
    "pt": re.compile(r"(?:[ãõçêâô]|cao\Z|coes\Z|dade\Z|ou\Z)"),
}


class Message:
    """A message; full-width letters count as the usual ones, what cannot be seen as nothing."""

    def __init__(self, text: str) -> None:
        shown = unicodedata.normalize("NFKC", text)
        self.text = "".join(
            " " if unicodedata.category(char) == "Cc" else char
            for char in shown
            if unicodedata.category(char) != "Cf"
        )

    @cached_property
    def plain(self) -> str:
        """Return it in small letters without accents, as the lexicon spells words."""
        return spelt_out(unaccented(self.text.casefold().replace("\u2019", "'")))

    @cached_property
    def words(self) -> list[str]:
        """Return its words as they were written, without what surrounds them."""
        return [word.rstrip("'./:-") for word in _WORD.findall(self.text)]

    @cached_property
    def language(self) -> Language | None:
        """Return its language; None where no word tells."""
        if "¿" in self.text or "¡" in self.text:
            return "es"
        words = [word.casefold() for word in self.words]
        counts = {
            each: sum(word in telling or bool(_ENDINGS[each].search(word)) for word in words)
            for each, telling in _TELLING.items()
        }
        best = max(counts.values())
        return next(each for each, count in counts.items() if count == best) if best else None


def unaccented(text: str) -> str:
    """Return a text without accents."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(char for char in parts if not unicodedata.combining(char))
