"""The words by which questions are told apart, in three languages, without accents."""

import re

from agent.narrator.account_clues import ACCOUNT_CLUES, ACT_CLUES
from agent.narrator.intents import GAP, Clue, Intent, clues
from agent.narrator.market_clues import MARKET_CLUES

_WHAT_IS = r"what(?:'s| is| are|s)|que es|que son|o que e|o que sao|what exactly is|que seria"
_ARTICLES = r"an? |the |una? |el |la |los |las |uma? |os? |as? "
# What is explained, by how people write it.
_NAMES = {
    "walk_forward": r"walk.?forward",
    "expected_value": r"expected value|valor esperado|expectancy",
    "paper_account": r"paper|simulad|cuenta demo|conta demo",
    "drawdown": r"draw.?down|caida|queda",
    "baseline": r"baseline|referencia|linha de base|linea base|linea de base",
    "coverage": r"coverage|cobertura",
    "confidence": r"confidence|confianza|confianca",
    "sealed": r"seal|sellad|selad",
    "ledger": r"ledger|libro|livro",
    "regime": r"regime|regimen",
    "amd": r"amd\b|accumul|acumul|distribu|manipul|phase|fase",
    "decision": r"decision|decisao",
    "range_forecast": r"range|rango|faixa",
    "signal": r"signal|senal|sinal",
    "skill": r"skill|acierto|acerto|habilidad",
    "risk": r"risk|riesgo|risco",
    "agent": r"chat\b|agent|narrator|narrador|assistant",
}
_TERMS = "|".join(_NAMES.values())
_WEEKDAYS = (
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|lunes|martes|miercoles|jueves|"
    r"viernes|sabado|domingo|segunda|terca|quarta|quinta|sexta"
)
_PERIODS = r"week|month|quarter|year|semana|mes|trimestre|ano\b|anos\b|years|weeks|months"
# Of prices, what is held is the newest; of forecasts, what is trained.
_PRICES = r"price|precio|preco|cotiz|cotac|worth|cost|vali|quote|rate\b|trad(?:ed|ing) at|close"

CLUES: dict[Intent, tuple[Clue, ...]] = {
    Intent.PROPOSE: clues((25, r"propos|propon|proponga|proponha|prepare a trade")),
    Intent.ACT: ACT_CLUES,
    Intent.BEYOND: clues(
        (12, r"news\b|noticia|headline|titular|rumou?r|weather|clima\b|tempo (?:vai )?fa[zr]"),
        (
            9,
            (
                rf"(?:{_PRICES}){GAP}(?:yesterday|ayer\b|ontem|\bago\b|"
                r"hace \w+ (?:dia|hora|mes|semana|ano)|ha \w+ dias|atras|"
                rf"(?:last|past|el|la) (?:{_WEEKDAYS}|{_PERIODS})|(?:in|en|em) (?:19|20)\d\d|"
                r"(?:semana|mes|ano) (?:pasad|passad))"
            ),
        ),
        (
            9,
            (
                r"(?:next|this|end of (?:the )?|proxim[ao]|fin de|fim do|que vem) "
                rf"(?:{_PERIODS}){GAP}(?:{_PRICES}|will|range|gold|high)|(?:in|en|em) 20[3-9]\d"
            ),
        ),
    ),
    Intent.EXPLAIN: clues(
        (8, r"mean(?:s|ing|t)?\b|explain|glossary|don't (?:get|understand)|no entiendo"),
        (8, r"defin"),
        (8, r"significa|explica|explique|quiere decir|quer dizer|llaman|chamam|nao entendo"),
        (5, r"(?:what|que) (?:is meant by|do you mean by|es eso)"),
        (
            3,
            r"what(?:'s| is| are|s) (?!the )|que (?:es|son)\b(?! (?:el|la)\b)",
            r"o que (?:e|sao)\b(?! [oa]s?\b)",
        ),
        (9, rf"(?:{_WHAT_IS})\s+(?:{_ARTICLES})?['\"]?(?:{_TERMS})\w*(?: \w{{3,10}})?\W*\Z"),
        (9, rf"\A\W*(?:{_ARTICLES})?(?:{_TERMS})\w*\W*\?\W*\Z"),
    ),
    **ACCOUNT_CLUES,
    **MARKET_CLUES,
    Intent.HELP: clues(
        (4, r"help\b|ayuda|ajuda|what can (?:you|i)|who are you|what are you"),
        (4, r"what do you (?:do|know)|que puedes|quien eres|o que voce|quem (?:e voce|es)"),
        (4, r"hello|hola\b|ola\b|oi\b|que sabes|que puedo|o que posso|what else|hi\b|hey\W*\Z"),
        (4, r"menu\b|commands\b|thanks|thank you|gracias|obrigad|buenos dias|bom dia"),
    ),
}


TERMS = {name: re.compile(rf"\b(?:{words})") for name, words in _NAMES.items()}
