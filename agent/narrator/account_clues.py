"""The words of questions about the caller's account, in three languages, without accents."""

from agent.narrator.intents import GAP, WHY, Clue, Intent, clues

_BOT = r"bot|robot|robo|trader|agent"
_DID = (
    r"opero|operado|compro|comprado|vendio|vendido|hizo|hecho|entro|entrado|decidio|salto|"
    r"operou|comprou|vendeu|fez|entrou|decidiu|tomou|pulou"
)
_YOU_DID = r"operaste|entraste|compraste|vendiste|hiciste|decidiste"
_TRADED = r"trade|traded|buy|bought|sell|sold|take|do|done|enter|entered|open|opened|skip|decide"
_TRADES = r"trades|operaciones|operacion|operac\w+|orders|ordenes|ordens"

ACCOUNT_CLUES: dict[Intent, tuple[Clue, ...]] = {
    Intent.DECISIONS: clues(
        (4, r"(?:last|latest|your|ultim\w+|tus?|suas?) (?:\w+ )?(?:decision|decis)"),
        (6, r"decision|decid|decis(?:ao|oes)"),
        (5, rf"(?:{WHY}){GAP}(?:trades\b|bot\b|robot\b|robo\b|no trade|last trade|hold\b)"),
        (5, rf"(?:{WHY}) (?:no |nao |not )?(?:\w+ )?(?:{_DID}|{_YOU_DID})\b"),
        (
            6,
            (
                rf"(?:did|have|didn't|has|hasn't) (?:you|it|the (?:{_BOT})) (?:\w+ ){{0,2}}?"
                rf"(?:{_TRADED})\b"
            ),
        ),
        (6, rf"(?:{_BOT}) (?:no |nao |ya |ja )?(?:ha )?(?:\w+ )?(?:{_DID})\b"),
        (6, rf"(?:{_DID}) (?:el|o) (?:{_BOT})\b"),
        (5, r"(?:has|hai) (?:operado|entrado|hecho|comprado|vendido)", _YOU_DID),
        (5, r"voce (?:nao )?(?:\w+ )?(?:operou|entrou|fez|comprou|vendeu)"),
        (6, r"(?:waiting for|awaits?|needs?|need to).{0,20}?(?:confirm|approv)|confirmar"),
        (6, r"pendient|pendente|pending|refused|rejected|rechaz|recusad|rejeitad|negad[ao]"),
        (6, r"(?:make|made|place|placed|took|take) (?:any |a |some )?trades?\b"),
        (5, r"(?:last|latest|ultima) (?:action|accion|acao|move)\b"),
    ),
    Intent.AUTO_TRADE: clues(
        (
            6,
            r"auto.?\s?trad|trading automatico|automat(?:ic|iz|ed)|autopilot|piloto automatico",
        ),
        (5, rf"(?:{_BOT})s?\b(?! position)"),
        (5, r"running|switched on|turned on|enabled|encendid|activad|ativ[ao]s?\b|ligad"),
        (3, r"funcionando|rodando|alive\b|viv[ao]\b|status|estado\b"),
        (5, r"halted|halt\b|kill switch|paused|pausad|en pausa|em pausa|stopped|detenid[ao]"),
        (5, r"detuvo|parad[ao]\b|parou|operativa\b|trader process"),
        (5, r"trading (?:paused|on\b|off\b|stopped)"),
        (
            6,
            r"(?:live|real|paper|demo) (?:mode|or|o|ou)\b",
            r"(?:modo|conta|cuenta) (?:real|demo|paper)",
        ),
        (6, r"en real\b|real money|dinero real|dinheiro de verdade"),
        (4, rf"(?:how many|cuant[ao]s|quant[ao]s) (?:{_TRADES})"),
        (2, r"limits?\b|limites?\b"),
    ),
    Intent.RISK: clues(
        (6, r"risk|riesgo|risco|arriesg|arrisc|expos|drawdown|draw-down|margin|margen|margem"),
        (6, r"still lose|can (?:i )?(?:still )?lose|shut down|puedo perder|posso perder"),
        (5, r"at stake|on the table|en juego|em jogo|leverage|apalancamiento|alavancagem"),
        (5, rf"(?:{_TRADES}) (?:\w+ ){{0,3}}?(?:left|quedan|restam|faltan)"),
        (3, r"limits?\b|limites?\b"),
    ),
    Intent.RESULT: clues(
        (6, r"p&l|p/l|pnl\b|profit (?:and|or) loss|my (?:profit|result|loss|gain)"),
        (6, r"(?<!take )(?<!take-)profits?\b|losses\b|gains\b"),
        (7, r"my (?:\w+ )?(?:performance|return)|(?:mi|meu) (?:rendimiento|desempenho|retorno)"),
        (6, r"(?:did|have|am) i (?:ma[dk]\w*|wi?on?\b|win|gain\w*|lost?|lose|losing|earn)"),
        (6, r"(?:in|into) (?:the )?(?:red|green|black|profit)\b|numeros rojos|no vermelho"),
        (5, r"gan(?:ado|ancia|ei|hei|hado|ho\b|hos\b|amos|e\b)|perd(?:ido|idas?\b|i\b|eu\b)|lucro"),
        (5, r"prejuizo|beneficio|resultado (?:de )?(?:hoy|hoje|del dia|do dia)"),
        (5, r"unreali[sz]ed|reali[sz]ed|fees?\b|commission|comision|comissao|comissoes|swap\b"),
        (5, r"(?:costs?|taxas|costes) pa"),
        (5, r"(?:i|we) (?:ma[dk]e|lost|earned)|llevo|mi resultado|meu resultado"),
    ),
    Intent.POSITIONS: clues(
        (6, r"positions?\b|posicion|posic(?:ao|oes)|portfolio|portafolio|cartera|carteira"),
        (5, r"hold(?:ing|ings)\b|am i in\b|(?:do|did) i (?:have|own|hold|buy)|i (?:own|have open)"),
        (5, r"tengo (?:comprad|vendid|puest)|tenho (?:comprad|vendid)|tenho em\b"),
        (5, r"(?:tengo|tenho|have|is|are|hay|tem) (?:\w+ ){0,2}?(?:abiert|abert|open\b)"),
        (5, r"am i (?:up|down|winning|losing|doing)|como (?:voy|estoy|estou)\b|estou (?:no|ganh)"),
        (
            5,
            (
                rf"(?:money|dinero|dinheiro|cash|plata) {GAP}(?:account|cuenta|conta|left|queda|"
                r"tengo|have|tenho|sobr)|how rich|que tan rico"
            ),
        ),
        (5, r"(?:winning|losing|making money|ganando|perdiendo|ganhando|perdendo)\b"),
        (
            6,
            r"balance|equity|saldo|patrimonio|my (?:\w+ )?account|mi cuenta|minha conta|na conta\b",
        ),
        (
            6,
            r"en (?:la|mi) cuenta|(?:account|cuenta|conta)\W*\Z",
            r"(?:my|mi|meu) capital|funds|fondos|fundos\b",
        ),
        (
            6,
            r"net worth|my (?:\w+ )?(?:trades|orders)|mis (?:operaciones|ordenes)|minhas oper",
            r"summary|resumen|resumo|overview|invertido\b|investido\b|invested\b",
        ),
        (
            5,
            rf"(?:{_TRADES}|everything) (?:\w+ ){{0,3}}?(?:open|abiert|abert)",
            r"open (?:trades|orders)",
        ),
        (2, r"abiert|abert|open\b"),
    ),
}

# What is asked to be done, at the beginning of what is said but for politeness.
_PLEASE = (
    r"(?:please|pls|por favor|porfa|ok|okay|hey|oye|now|ya|just|go ahead and|"
    r"(?:can|could|will) you(?: please)?|i want (?:you )?to|i'd like (?:you )?to|quiero que|"
    r"quero que|puedes|podrias|pode|voce pode)\W+"
)
_TRADE = (
    r"(?:buy|sell|short|long|go (?:long|short)|"
    r"compra(?:me)?|compre|comprar|vende(?:me|lo)?|venda|vender)\b"
    r"(?!\W*(?:or|o|ou|and|y|e)\b)(?! (?:signal|setup|side|price|de|pressure))"
)
_DO = (
    r"(?:close|open|place|put|cancel|set|change|raise|lower|increase|reduce|turn|switch|stop|start|"
    r"halt|resume|pause|enable|disable|activate|deactivate|transfer|withdraw|deposit|send|move|"
    r"delete|remove|confirm|approve|reject|execute|flatten|liquidate|lift|"
    r"cierra|cierre|cerrar|abre|abrir|cancela|cancele|apaga|apague|apagar|enciende|encienda|activa|"
    r"active|desactiva|desactive|deten|detenga|pausa|pause|reanuda|transfiere|retira|retire|"
    r"deposita|confirma|confirme|aprueba|rechaza|ejecuta|sube|baja|cambia|pon|coloca|liquida|"
    r"feche|fecha|fechar|abra|desliga|desligue|desligar|liga|ligue|ligar|ativa|ative|desativa|"
    r"desative|para o|pare|transfira|saca|saque|cancelar|aprove|rejeite|execute|altere|mude|"
    r"aumente|aumenta|sube)\b"
)
_THINGS = (
    r"order|orden|ordem|position|posicion|posicao|posicoes|trade|trading|bot\b|robot|robo\b|"
    r"auto.?trad|operativa|operac|limit|limite|risk|riesgo|risco|halt|stop|money|dinero|dinheiro|"
    r"dollars|dolares|account|cuenta|conta|decision|decisao|all\b|todo\b|tudo\b|everything|"
    r"drawdown|live\b|real\b|lot|lote|leverage|balance|saldo"
)
_AMOUNT = (
    r"\d|lots?\b|lotes?\b|now\b|ya\b|ahora|agora|todo\b|tudo\b|all\b|everything|already|at market"
)
_NO_ORDER = r"(?:or|o|ou|signal|senal|sinal|setup)\b"
ACT_CLUES: tuple[Clue, ...] = clues(
    (20, rf"\A\W*(?:{_PLEASE}){{0,3}}{_TRADE}{GAP}(?:{_AMOUNT})(?!{GAP}\?)"),
    (20, rf"\A\W*(?:{_PLEASE}){{1,3}}{_TRADE}(?!.{{0,80}}\?)"),
    (20, rf"\A\W*(?:can|could|will|would|puedes|podrias|pode)(?: you| voce)?\W+{_TRADE}"),
    (20, rf"\A\W*{_TRADE}(?:\W+(?!{_NO_ORDER})\w+){{1,4}}[\s.!]*\Z"),
    (20, rf"\A\W*(?:{_PLEASE}){{0,3}}{_DO}{GAP}\b(?:{_THINGS})"),
)
