"""The words of questions about a market, in three languages, without accents."""

from agent.narrator.intents import GAP, WHY, Clue, Intent, clues

_NEWEST = (
    r"last|latest|newest|recent|past|previous|prior|earlier|yesterday's|todays?|"
    r"ultim[ao]s|anterior\w*|passad\w+|pasad\w+|recientes|recentes"
)
_SIGNALS = r"signals|calls\b|tips\b|alerts\b|senales|sinais"
_FORECASTS = (
    r"forecast|prediction|predict|model|signals|calls\b|pronostic|prediccion|modelo|senales|"
    r"previs|sinais|predic"
)
_OUTCOMES = (
    r"outcome|results?\b|happen|ended|end up|turn(?:ed)? out|win\b|won\b|lose\b|lost\b|did\b|"
    r"do\W*\Z|had\b|have\W*\Z|resultado|paso\b|salieron|salio|acabaron|terminaron|fueron|fue\b|"
    r"dieron|hubo\b|terminaram|acabaram|deram|deu\b|foram|houve\b|teve\b"
)
_WORKS = (
    r"work|right|wrong|good\b|come true|came true|compare|funciona|aciert|acert|erra|falla|"
    r"prest(?:a|am)\b|sirve|serve\b|servem\b|useful"
)
_MAY = (
    r"could|can\b|will\b|might|may\b|would|should|going to|podria|puede|pueden|va a|debe\b|"
    r"poderia|pode\b|podem|vai\b|ira\b|deve\b"
)
_MOVE = (
    r"move|rise|fall|drop|climb|slump|plunge|crash|jump|swing|spike|reach|touch|hit\b|vary|"
    r"lose\b|gain\b|end up|end\b|close\b|fluctuat|oscillat|extend|stretch|"
    r"trade (?:at|between|over|in|within)|"
    r"get (?:to|up|down|in)\b|go (?:to|down|up|as)\b|"
    r"mover|subir|bajar|caer|llegar|alcanzar|tocar|irse|oscilar|variar|acabar|terminar|fluctuar|perder|ganar|"
    r"cair|chegar|atingir|ficar|despencar|desabar|disparar|ir\b"
)
_UP_OR_DOWN = r"rise\b|fall\b|drop\b|climb|(?:go )?up\b|(?:go )?down\b|subir|bajar|caer|cair\b"
_HOW_MUCH = r"how much|cuanto|quanto"

MARKET_CLUES: dict[Intent, tuple[Clue, ...]] = {
    Intent.LEDGER: clues(
        (6, rf"(?:{_NEWEST})\s+(?:[\w/']+\s+){{0,4}}?(?:{_SIGNALS})"),
        (6, rf"(?:{_SIGNALS})\s+(?:[\w/']+\s+){{0,3}}?(?:{_NEWEST})"),
        (5, rf"(?:{_OUTCOMES}){GAP}(?:{_SIGNALS})", rf"(?:{_SIGNALS}){GAP}(?:{_OUTCOMES})"),
        (5, rf"how (?:did|have|were) {GAP}(?:{_SIGNALS})", r"como (?:sali|termin|acab|fue|foram)"),
        (5, r"turned out|turn out|ended up|ledger|sealed|sellad|selad|libro\b|livro\b"),
        (6, r"history|historial|historico"),
        (6, rf"(?:registro|registo|lista|list|log|diario) (?:of |de )?(?:\w+ )?(?:{_SIGNALS})"),
        (3, r"ended\b|outcomes?|results?\b|resultados?"),
    ),
    Intent.SKILL: clues(
        (
            8,
            r"accura|reliab|fiab|confiab|confiav|precision|precisao|exactitud|exatid|eficac|efectiv|efetiv",
        ),
        (7, r"performance|perform\b|rendimiento|desempenho|success|credib|trustworth|brier"),
        (5, r"edge\b|ventaja|vantagem|skill|scoreboard|marcador|placar|calibrat|guess|verdict"),
        (6, r"how (?:good|often|reliable|well|right)|any good|que tan (?:buen|bien|seguido|fiabl)"),
        (
            6,
            r"track record|(?:hit|win|success|strike) ?rate",
            r"proof|proven|prueba|demostrad|comprovad",
        ),
        (6, r"(?:coin|moneda|moeda|chance|random|azar|acaso|baseline)\b(?! of| de|\w* do)"),
        (
            5,
            rf"(?:{_SIGNALS}) {GAP}(?:make money|profitab|ganan|rentab|lucrativ|dan dinero)",
        ),
        (5, r"beat\b|beats\b|better than|le gana|mejor que|melhor (?:do )?que"),
        (5, rf"(?:{_FORECASTS})\w* {GAP}(?:{_WORKS})", rf"(?:{_WORKS})\w* {GAP}(?:{_FORECASTS})"),
        (5, r"trust\b|believe|rely|fiar\b|fiarme|confiar|acert|aciert|precis[ao]s\b|exact[ao]"),
        (5, r"confio\b|creerte|acredit"),
        (
            5,
            (
                r"(?:porcentaje|percentage|percent|taxa|tasa) (?:of |de )(?:\w+ ){0,2}?"
                rf"(?:{_FORECASTS}|aciert|acert|exito)"
            ),
        ),
    ),
    Intent.PHASE: clues(
        (6, r"phase|fase\b|fases\b|amd\b|wyckoff|accumul|acumul|distribu|manipul"),
        (5, r"stop.?hunt|sweep|judas|barrida|caca aos stops|power of three|liquidity|liquidez"),
        (5, r"smart money|manos fuertes|stage\b|etapa"),
    ),
    Intent.REGIME: clues(
        (
            6,
            r"regime|regimen|trend|tendenc|uptrend|downtrend|sideways|chop|lateral|ranging|de lado",
        ),
        (6, r"volatil|calm\b|calmo|calma\b|tranquil|nervos|quiet|wild\b|revuelt|agitad|turbulen"),
        (4, r"momentum|(?:market|trading) (?:conditions|environment)|condiciones|condicoes"),
        (4, r"going (?:anywhere|nowhere)|directionless|sin rumbo|sem rumo"),
    ),
    Intent.RANGE: clues(
        (6, r"range\b|ranges\b|rango|faixa|high and low|low and high"),
        (6, r"highs?\W{1,3}(?:and |or )?lows?", r"max\W+min|min\W+max"),
        (6, r"min(?:imum)?\W+(?:and|y|e|or) max", r"max(?:imum)?\W+(?:and|y|e|or) min"),
        (
            5,
            r"how (?:far|high|low|wide)|hasta donde|ate onde|que tan (?:alto|bajo|lejos)|quao alto",
        ),
        (6, rf"(?:{_MAY}) {GAP}(?:{_MOVE})|upside|downside"),
        (6, rf"(?:{_HOW_MUCH}) {GAP}(?:{_MOVE}|mueve)|(?:hasta|ate) (?:cuanto|quanto)"),
        (6, r"movera|oscil|fluctua"),
        (
            6,
            (
                r"(?:likely|forecast(?:ed)?|expected|probable|predicted|projected|esperad[ao]|"
                r"previst[ao]s?) (?:\w+ )?(?:high|low|max|min)"
            ),
        ),
        (5, r"ceiling|floor|techo|suelo|teto|piso|tope|topo\b|fundo\b|bounds?\b|boundar"),
        (5, r"superior|upper|extremes?|extremos|corridor|corredor|channel|canal\b|envelope"),
        (5, r"franja|horquilla|amplitud|recorrido"),
        (8, r"(?:limites?|limits?) (?:\w+ )?(?:esperad|previst)|expected limits"),
        (8, r"band\b|bands\b|banda|interval|between (?:what|which)"),
        (8, r"entre (?:que|quais|cuales|cuanto|quanto)"),
        (6, r"(?:worst|best) case|peor (?:caso|escenario)|mejor caso|(?:pior|melhor) (?:caso|cen)"),
        (5, r"maxim[ao]s?|minim[ao]s?|expected move|movimiento esperado|movimento esperado"),
    ),
    Intent.WHY: clues((3, WHY)),
    Intent.SIGNAL: clues(
        (
            5,
            r"signal|senal|sinal|setup|set-up|trade\b|entry|entrada|entro\b|entrar|outlook|enter\b",
        ),
        (5, r"buy|sell|long\b|short|compr|vend[eoia]|venta\b|largo|corto"),
        (4, r"stop\b|stop.?loss|take.?profit|target|objetivo|alvo|sl\b|tp\b"),
        (7, r"advis|recommend|recomend|recomiend|aconsej|suger|sugier|suggest"),
        (5, r"good (?:time|moment)|buen momento|bom momento|hora de (?:compr|vend|entr)"),
        (
            5,
            r"worth (?:it|a\b|\w+ing)|vale (?:la|a) pena|conviene|convem|get in(?:to)?\b|in or out",
        ),
        (5, r"meto\b|opportunit|oportunid|consejo|conselho|advice|tradeable|operable"),
        (5, r"bullish|bearish|alcista|bajista|altista|baixista|(?:de )?alta ou (?:de )?baixa"),
        (
            9,
            (
                r"(?:odds|chance|probab\w*) (?:of |de |that |que |do |hay |a )"
                rf"{GAP}(?:tp\b|take|target|profit|stop|trade|objetivo|alvo)"
            ),
        ),
        (5, r"(?:odds|chance|probab\w*) (?:of |de |that |que )|what are the odds"),
        (
            5,
            r"going\b|headed|heading|which way|hacia donde|adonde va|(?:para )?onde vai",
            r"direction\b",
        ),
        (5, r"direccion|direcao|bound\b|sentiment|sentimiento|looking\b|looks? like|driving"),
        (5, r"opin|crees|piensas|pensa\b|thought|think (?:of|about)|your (?:take|view|read|call)"),
        (5, r"take on|acha\b|achas\b|perspectiva|pinta\b|idea\b|ideia\b"),
        (8, rf"(?:will|going to|gonna|va a|vai|ira) (?:\w+ ){{0,3}}?(?:{_UP_OR_DOWN})"),
        (8, r"(?:subira|bajara|caera)\b"),
        (5, r"(?:models?|modelo|you|system|sistema) (?:says?|thinks?|dice|dices|diz)"),
        (5, r"what (?:do|should) (?:i|we) do|que hago|que hacer|que hacemos|que faco|que fazer"),
        (4, r"forecast|predict|pronostic|previs"),
        (
            5,
            r"would you do|should i|i should",
            r"harias|faria\b|fariam|debo\b|deberia|devo\b|invest|inverti",
        ),
        (5, r"expected value of|valor esperado de|exits?\b|salidas?\b|saidas?\b|confident"),
        (3, WHY),
    ),
    Intent.PRICE: clues(
        (6, r"price|diferencial|precio|preco|cotiz|cotac|quote|spread|bid\b|ask\b|tick\b|ticks\b"),
        (6, r"rate\b|level\b|nivel\b"),
        (
            5,
            r"worth(?:\W*\Z| (?:in|now|right|these|today|at))",
            r"costs?\b|valor\b|value\b|cuesta|custa",
        ),
        (
            5,
            r"pay for|pagar|pagaria|how much (?:is|does|do|for)|how many (?:dollars|usd)",
            r"a (?:cuant|quant)[ao]s?|a como\b",
        ),
        (
            5,
            r"vale\b(?! (?:la|a) pena)|en cuanto",
            r"(?:cuanto|quanto) (?:esta|vale|anda|sale)|(?:cuantos|quantos) dolares",
        ),
        (5, r"(?:esta|anda|por|e) (?:cuanto|quanto)\b"),
        (5, r"how (?:old|fresh|stale)|fresh\b|stale|out of date|anticuad|desatualizad|de quando"),
        (6, r"market.{0,20}?(?:open|closed)|(?:open|closed).{0,20}? market|closed\W*\Z|open\W*\Z"),
        (
            6,
            r"mercado.{0,25}?(?:abiert|cerrad|abert|fechad)",
            r"(?:abiert|cerrad|abert|fechad).{0,20}? mercado",
        ),
        (
            6,
            (
                rf"(?:has|have|is|did) {GAP}(?:moved|changed|gained|(?:gone |go )?(?:up|down) "
                r"(?:today|since))|since (?:midnight|yesterday)|desde (?:ayer|ontem)"
            ),
        ),
        (6, r"(?:daily|percent|percentage|day) (?:change|move)|cambio (?:diario|del dia)|variac"),
        (
            6,
            r"(?:se ha movido|ha (?:subido|bajado|cambiado|caido)|subio|bajo hoy|subiu|caiu|mudou)",
        ),
        (4, r"(?:como|que tal) (?:esta|anda|va|vai|ta) (?:el|la|o|a)\b|how is (?:the )?\w+\W*\Z"),
        (4, r"(?:go|goes|going|sells?) for|changing hands|cerro\b|fechou|abrio|abriu"),
        (3, r"sube\b|baja\b|sobe\b|cai\b|up or down|spot\b"),
        (3, _HOW_MUCH),
        (4, r"doing\b|trad(?:ing|ed|es?) at|trading\W*\Z|trading (?:now|right)|snapshot|sitting"),
        (4, r"standing|at\W*\Z|at (?:now|right now|the moment)\W*\Z|where are we"),
        (3, r"now\b|ahora|agora|right now|change\b|cambio\b|current|today\b|hoy\b|hoje\b"),
    ),
}
