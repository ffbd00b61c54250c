"""Words as people type them: short forms written out, and key words with one slip mended."""

import re
from collections.abc import Iterator

# How people type what the lexicon spells out; only what means one thing in all three languages.
_SHORT = {
    "whats": "what is",
    "what's": "what is",
    "wheres": "where is",
    "where's": "where is",
    "hows": "how is",
    "how's": "how is",
    "im": "i am",
    "i'm": "i am",
    "shud": "should",
    "rn": "right now",
    "atm": "at the moment",
    "vc": "voce",
    "vcs": "voces",
    "oq": "o que",
    "hj": "hoje",
    "qto": "quanto",
    "qnto": "quanto",
    "ta": "esta",
    "tao": "estao",
    "pra": "para",
    "pro": "para o",
    "pq": "porque",
    "xq": "porque",
    "xfa": "por favor",
    "msm": "mesmo",
}
# The words that most depends on; whoever mistypes one of them is still understood.
_KEY_WORDS = frozenset(
    """
    price prices quote spread signal signals range forecast forecasts prediction position positions
    portfolio balance equity profit drawdown decision decisions regime trend volatile volatility
    phase accumulation distribution manipulation ledger history skill accuracy reliable exposure
    margin trading autotrade explain market bitcoin ethereum ether silver euros pound sterling gold
    precio precios cotizacion senal senales rango pronostico posicion posiciones cartera saldo
    ganancia perdida decisiones tendencia volatilidad acumulacion historial  riesgo
    exposicion margen significa explica mercado libra plata euro
    preco cotacao sinal sinais faixa previsao posicao posicoes carteira lucro prejuizo decisao
    decisoes precisao precision prevision previsiones
    volatilidade acumulacao historico  risco exposicao margem ouro prata
    """.split()
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SHORTEST, _SHORTEST_CHANGED, _LONGEST = 5, 8, 16


def spelt_out(plain: str) -> str:
    """Return a text in small letters without accents, its words as the lexicon writes them."""
    return _WORD.sub(lambda found: _mended(found[0]), plain)


def _mended(word: str) -> str:
    if (written := _SHORT.get(word)) is not None:
        return written
    if word in _KEY_WORDS or not _SHORTEST <= len(word) <= _LONGEST:
        return word
    return _MISSING.get(word) or _without_one(word) or _changed(word) or word


def _without_one(word: str) -> str | None:
    """Return the key word that has one letter less."""
    return next((key for _, key in _shorter(word) if key in _KEY_WORDS), None)


def _changed(word: str) -> str | None:
    """Return the key word that has another letter in one place; of long words only."""
    if len(word) < _SHORTEST_CHANGED:
        return None
    return next((key for one in _shorter(word) if (key := _HOLED.get(one)) is not None), None)


def _shorter(word: str) -> Iterator[tuple[int, str]]:
    for place in range(len(word)):
        yield place, word[:place] + word[place + 1 :]


def _swapped(word: str) -> Iterator[str]:
    for place in range(len(word) - 1):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


_LONG_ENOUGH = sorted(word for word in _KEY_WORDS if len(word) >= _SHORTEST)
# Key words by how they look with two letters swapped or one missing, and with a hole in a place.
_MISSING = {
    typed: word
    for word in _LONG_ENOUGH
    for typed in (*_swapped(word), *(short for _, short in _shorter(word)))
    if len(typed) >= _SHORTEST
}
_HOLED = {one: word for word in _LONG_ENOUGH for one in _shorter(word)}
