"""Whether a model's own words may be shown: nothing in them may be a figure, or look like one."""

import re
import unicodedata

MOST_LENGTH = 300
_MARKUP = re.compile(
    r"[<>\[\]{}`*_#|\\~^=+%$€£¥/@]|https?|www\.|://|\b\w+\.(?:com|net|org|io|app)\b"
)
_LETTERS = re.compile(r"[^\W\d_]+")
# Symbols, and Roman numbers.
_SHOUTED = re.compile(r"\b(?:[A-Z]{3,}|[IVXLCDM]{2,}|[VXLCDM])\b")

_NUMBERS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
hundreds thousand thousands million millions billion billions trillion half halves third thirds
quarter quarters fifth sixth seventh eighth ninth tenth dozen dozens double triple twice thrice
percent percentage pip pips point points cent cents first second once
cero uno una un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince
dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos treinta cuarenta cincuenta
sesenta setenta ochenta noventa cien ciento cientos doscientos trescientos quinientos mil miles
millon millones mitad tercio cuarto quinto decimo docena doble triple ciento porciento puntos
punto primero segundo
um uma dois duas tres quatro cinco seis sete oito nove dez onze doze treze quatorze catorze
quinze dezesseis dezasseis dezessete dezassete dezoito dezenove dezanove vinte trinta quarenta
cinquenta sessenta setenta oitenta noventa cem cento centos duzentos trezentos quinhentos milhao
milhoes bilhao bilhoes metade terco quarto quinto decimo duzia dobro triplo porcento ponto pontos
null eins zwei drei vier funf sechs sieben acht neun zehn hundert tausend prozent
deux trois quatre cinq sept huit neuf dix cent pour
""".split()
_DIRECTIONS = """
buy buys buying bought sell sells selling sold long short longs shorts bull bulls bullish bear
bears bearish up down upside downside upward upwards downward downwards rise rises rising rose
fall falls falling fell gain gains climb climbs drop drops dropping rally rallies crash higher
lower enter entry exit hold
comprar compra compre compren compro vender venta venda vende vendo venden largo largos corto
cortos alcista alcistas bajista bajistas sube suben subir subida baja bajan bajar bajada arriba
abajo mayor menor entrar salir
compre venda vender vendido comprado alta altas baixa baixas altista baixista subir sobe sobem
cair cai caem queda cima baixo acima abaixo sair
""".split()
_ASSETS = """
gold oro ouro silver plata prata bitcoin bitcoins btc eth ether ethereum euro euros dollar dollars
dolar dolares pound pounds libra libras xau xag usd eur gbp jpy sterling yen
""".split()
_REFUSED = frozenset([*_NUMBERS, *_DIRECTIONS, *_ASSETS])
_SHOWN_KINDS = frozenset({"Lu", "Ll", "Lo", "Mn", "Mc", "Zs", "Po", "Pd", "Ps", "Pe", "Pi", "Pf"})


def is_harmless(text: str) -> bool:
    """Say whether a text has no number, word for one, symbol, direction, markup or address.

    Both as it is written and as it is read with compatible characters replaced (NFKC). Words of
    lists in English, Spanish and Portuguese are refused, and of anything that is not Latin
    letters the whole: what is said in words that no list has still gets through, which is why
    comments are off unless somebody allows them.
    """
    forms = (text, unicodedata.normalize("NFKC", text))
    return len(text) <= MOST_LENGTH and all(_is_plain(form) for form in forms)


def _is_plain(text: str) -> bool:
    kinds = {unicodedata.category(char) for char in text}
    if not kinds <= _SHOWN_KINDS or _MARKUP.search(text) or _SHOUTED.search(text):
        return False
    words = [_unaccented(word) for word in _LETTERS.findall(text)]
    return all(word.isascii() for word in words) and not _REFUSED.intersection(words)


def _unaccented(word: str) -> str:
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))
