"""The words by which questions are told apart, in three languages, without accents."""

import re
from enum import StrEnum
from typing import NamedTuple


class Intent(StrEnum):
    """What somebody wants to know; those further up win where as much speaks for two."""

    PROPOSE = "propose"
    EXPLAIN = "explain"
    DECISIONS = "decisions"
    AUTO_TRADE = "auto_trade"
    RISK = "risk"
    RESULT = "result"
    POSITIONS = "positions"
    LEDGER = "ledger"
    SKILL = "skill"
    PHASE = "phase"
    REGIME = "regime"
    RANGE = "range"
    WHY = "why"
    SIGNAL = "signal"
    PRICE = "price"
    HELP = "help"


class Clue(NamedTuple):
    """What speaks for an intent, and how much."""

    pattern: re.Pattern[str]
    weight: int


def _clues(*told: tuple[int, str]) -> tuple[Clue, ...]:
    return tuple(Clue(re.compile(rf"\b(?:{words})"), weight) for weight, words in told)


_WHY = r"why|por que|porque|pq\b"
_NEWEST = r"last|latest|newest|recent|past|previous|earlier|ultim[ao]s"
_SIGNALS = r"signals|senales|sinais"
_FORECASTS = r"forecast|prediction|model|signals|pronostic|prediccion|modelo|senales|previs|sinais"
_OUTCOMES = r"history|historial|historico|outcomes?|results?|resultados?"
_WORKS = r"work|right|wrong|good|funciona|aciert|acert|erra|falla"
_MAY = r"could|can\b|will\b|might|may\b|podria|puede|pueden|poderia|pode\b|podem|va a|vai\b"
_MOVE = r"move|rise|fall|drop|climb|mover|subir|bajar|caer|llegar|cair|chegar|ir\b"
# What may stand between two words of a clue; bounded, because messages are long at times.
_GAP = r".{0,60}?"
_WHAT_IS = r"what(?:'s| is| are)|que es|que son|o que e|o que sao"
_ARTICLES = r"an? |the |una? |el |la |los |las |uma? |os? |as? "
# What is explained, by how people write it.
_NAMES = {
    "walk_forward": r"walk.?forward",
    "expected_value": r"expected value|valor esperado|expectancy",
    "paper_account": r"paper|simulad|cuenta demo|conta demo",
    "drawdown": r"draw.?down|caida|queda",
    "baseline": r"baseline|referencia",
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

CLUES: dict[Intent, tuple[Clue, ...]] = {
    Intent.PROPOSE: _clues((15, r"propos|propon|proponga|proponha|prepare a trade")),
    Intent.EXPLAIN: _clues(
        (5, r"mean(?:s|ing)?\b|define\b|definition|explain|glossary"),
        (5, r"significa|explica|definicion|definicao|quiere decir|quer dizer"),
        (3, r"what(?:'s| is| are) (?:an? |the )?|que es\b|que son\b|o que e\b|o que sao\b"),
        (8, rf"(?:{_WHAT_IS})\s+(?:{_ARTICLES})?(?:{_TERMS})\w*\W*\Z"),
    ),
    Intent.DECISIONS: _clues(
        (4, r"decision|decid|decis(?:ao|oes)"),
        (5, rf"(?:{_WHY}){_GAP}(?:trade|entr|oper|position|posici|posic|bot\b|robo|compr|vend)"),
        (5, r"(?:did|have) (?:you|it|the bot) (?:\w+ )?(?:trade|buy|sell|take|do|enter|open)"),
        (5, r"(?:has|hai) (?:operado|entrado|hecho|comprado|vendido)|operaste|entraste|hiciste"),
        (5, r"(?:voce|robo) (?:\w+ )?(?:operou|entrou|fez|comprou|vendeu)"),
    ),
    Intent.AUTO_TRADE: _clues(
        (4, r"auto-?\s?trad|trading automatico|automatic"),
        (4, r"(?:bot|robot|robo)\b"),
        (2, r"running|switched on|turned on|enabled|encendid|activad|ligad|funcionando|rodando"),
        (4, r"halted|kill switch|detenid[ao]|parad[ao]\b"),
    ),
    Intent.RISK: _clues(
        (4, r"risk|riesgo|risco|exposure|exposicion|exposicao|drawdown|margin|margen|margem"),
        (5, r"still lose|can (?:i )?lose|shut down|puedo perder|posso perder"),
        (3, r"limits?\b|limites?\b"),
    ),
    Intent.RESULT: _clues(
        (5, r"p&l|pnl\b|profit (?:and|or) loss|my (?:profit|result)"),
        (5, r"(?:did|have) i (?:ma[dk]e|lost?|lose|earn)"),
        (4, r"gan(?:ado|ancia|ei|hei|hado|ho\b|hos\b)|perd(?:ido|i\b|eu\b)|lucro"),
        (4, r"resultado (?:de )?(?:hoy|hoje)"),
        (4, r"(?:i|we) (?:ma[dk]e|lost|earned)|llevo|mi resultado|meu resultado"),
    ),
    Intent.POSITIONS: _clues(
        (5, r"positions?\b|posicion|posic(?:ao|oes)|portfolio|portafolio|cartera|carteira"),
        (5, r"hold(?:ing|ings)\b|am i in\b|do i (?:have|own|hold)"),
        (5, r"am i (?:up|down|winning|losing|doing)|como (?:voy|estoy|estou)\b|estou (?:no|ganh)"),
        (4, rf"(?:money|dinero|dinheiro) {_GAP}(?:account|cuenta|conta)"),
        (4, r"(?:winning|losing|making money|ganando|perdiendo|ganhando|perdendo)\b"),
        (4, r"balance|equity|saldo|patrimonio|my account|mi cuenta|minha conta"),
        (2, r"abiert|abert|open trades"),
    ),
    Intent.LEDGER: _clues(
        (5, rf"(?:{_NEWEST})\s+(?:\d+\s+)?(?:sealed |sellad\w+ |selad\w+ )?(?:{_SIGNALS})"),
        (5, rf"(?:{_SIGNALS}) (?:recentes|recientes|anterior\w+|passad\w+|pasad\w+)"),
        (5, r"turned out|turn out|ended up|ledger|sealed|sellad|selad|libro|livro"),
        (3, r"history|historial|historico|ended\b|outcomes?|results?\b|resultados?"),
        (4, rf"(?:{_OUTCOMES}) {_GAP}(?:{_SIGNALS})"),
        (4, rf"(?:{_SIGNALS}) {_GAP}(?:{_OUTCOMES})"),
    ),
    Intent.SKILL: _clues(
        (5, r"edge\b|ventaja|vantagem|skill|accura|reliab|scoreboard|how good (?:are|is)"),
        (5, r"track record|hit rate|win rate"),
        (5, rf"(?:{_FORECASTS})\w* {_GAP}(?:{_WORKS})"),
        (5, rf"(?:{_WORKS})\w* {_GAP}(?:{_FORECASTS})"),
        (5, r"trust\b|believe|fiar|fiable|confiar|confiavel|acert|aciert|precis"),
    ),
    Intent.PHASE: _clues(
        (5, r"phase|fase\b|fases\b|amd\b|wyckoff|accumul|acumul|distribu|manipul"),
        (5, r"stop.?hunt|sweep|judas|barrida|caca aos stops|power of three"),
    ),
    Intent.REGIME: _clues(
        (5, r"regime|regimen|trend|tendenc|sideways|choppy|chopping|lateral|ranging"),
        (5, r"volatil|calm\b|calmo|tranquil|nervos"),
    ),
    Intent.RANGE: _clues(
        (5, r"range\b|rango|faixa|high and low|low and high|highs? and lows?|alto e baixo"),
        (5, r"how (?:far|high|low)|hasta donde|ate onde"),
        (5, rf"(?:{_MAY}) {_GAP}(?:{_MOVE})|upside|downside"),
        (5, r"(?:likely|expected|probable|esperad[ao]) (?:high|low)"),
        (5, r"ceiling|floor|techo|suelo|teto|piso"),
        (4, r"maxim[ao]s?|minim[ao]s?|expected move|movimiento esperado|movimento esperado"),
    ),
    Intent.WHY: _clues((3, _WHY)),
    Intent.SIGNAL: _clues(
        (4, r"signal|senal|sinal|sinais|setup|set-up|trade\b|entry|entrada|entro\b|entrar|outlook"),
        (4, r"buy|sell|long\b|short\b|compr|vend[eoia]|largo|corto"),
        (4, r"stop\b|stop.?loss|take.?profit|target|objetivo|alvo"),
        (3, r"going|heading|opinas|crees|piensas|acha\b|perspectiva"),
        (3, r"forecast|predict|pronostic|previs"),
        (3, r"would you do|harias|faria\b|fariam"),
    ),
    Intent.PRICE: _clues(
        (4, r"price|precio|preco|cotiz|cotac|quote|spread|bid\b|ask\b|worth"),
        (3, r"how much is|cuanto (?:esta|vale|cuesta)|a cuanto|quanto (?:esta|ta|vale|custa)"),
        (5, rf"(?:has|have|is) {_GAP}(?:moved|changed|(?:up|down) (?:today|since))|since midnight"),
        (5, r"(?:se ha movido|ha (?:subido|bajado|cambiado)|subio|bajo\b|subiu|caiu|mudou)"),
        (2, r"sube\b|baja\b|sobe\b|cai\b|up or down|spot\b"),
        (2, r"doing|trading at|snapshot|now\b|ahora|agora|right now|change|cambio|variacao"),
    ),
    Intent.HELP: _clues(
        (4, r"help\b|ayuda|ajuda|what can (?:you|i)|who are you|what are you"),
        (4, r"que puedes|quien eres|o que voce|quem (?:e voce|es)|hello|hola\b|ola\b|oi\b"),
    ),
}

TERMS = {name: re.compile(rf"\b(?:{words})") for name, words in _NAMES.items()}
