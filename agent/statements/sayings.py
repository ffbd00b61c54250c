"""What is said without a result: who answers, what can be asked, what went wrong; no digits."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from agent.statements.said import Said

NOT_UNDERSTOOD = Said(
    "I did not understand that. I am the built-in narrator: I look things up and quote them. "
    "You can ask for:",
    "No lo he entendido. Soy el narrador integrado: consulto datos y los cito. Puedes preguntar "
    "por:",
    "Não entendi. Sou o narrador integrado: consulto dados e os cito. Você pode perguntar por:",
)
HELP = Said(
    "I am the built-in narrator: I look things up and quote them, each number with its source. I "
    "cannot trade and I know nothing else. You can ask for:",
    "Soy el narrador integrado: consulto datos y los cito, cada número con su fuente. No puedo "
    "operar y no sé nada más. Puedes preguntar por:",
    "Sou o narrador integrado: consulto dados e os cito, cada número com a sua fonte. Não posso "
    "operar e não sei mais nada. Você pode perguntar por:",
)
CANNOT_ACT = Said(
    "I cannot do that: I look things up, and place, change or switch nothing. You can ask for:",
    "No puedo hacer eso: consulto datos, y no opero, cambio ni enciendo nada. Puedes preguntar "
    "por:",
    "Não posso fazer isso: consulto dados, e não opero, altero nem ligo nada. Você pode perguntar "
    "por:",
)
NOT_HELD = Said(
    "I cannot look that up: I know the newest prices and the forecasts that are trained here, no "
    "earlier prices, no later ones and no news. You can ask for:",
    "No puedo consultar eso: conozco los precios más recientes y los pronósticos entrenados aquí, "
    "no precios anteriores ni posteriores, ni noticias. Puedes preguntar por:",
    "Não posso consultar isso: conheço os preços mais recentes e as previsões treinadas aqui, não "
    "preços anteriores nem posteriores, nem notícias. Você pode perguntar por:",
)
CAN_ASK: Sequence[Said] = (
    Said("the price of XAUUSD", "el precio de XAUUSD", "o preço de XAUUSD"),
    Said(
        "the range of EURUSD, hourly", "el rango de EURUSD, por hora", "a faixa de EURUSD, por hora"
    ),
    Said(
        "the signal of BTCUSD, and why",
        "la señal de BTCUSD y por qué",
        "o sinal de BTCUSD e por quê",
    ),
    Said("the phase of XAUUSD", "la fase de XAUUSD", "a fase de XAUUSD"),
    Said("the regime of ETHUSD", "el régimen de ETHUSD", "o regime de ETHUSD"),
    Said("the skill of forecasts of GBPUSD", "el acierto en GBPUSD", "o acerto em GBPUSD"),
    Said(
        "the last sealed signals of XAUUSD",
        "las últimas señales selladas de XAUUSD",
        "os últimos sinais selados de XAUUSD",
    ),
    Said(
        "my positions, my result, my risk",
        "mis posiciones, mi resultado, mi riesgo",
        "minhas posições, meu resultado, meu risco",
    ),
    Said(
        "auto-trade, and the last decision",
        "auto-trade y la última decisión",
        "auto-trade e a última decisão",
    ),
    Said("what skill means", "qué significa acierto", "o que significa acerto"),
)
WHICH_MARKET = Said(
    "Which market? I found none in your message that is known here.",
    "¿Qué mercado? No encontré en tu mensaje ninguno que se conozca aquí.",
    "Qual mercado? Não encontrei na sua mensagem nenhum conhecido aqui.",
)
WHICH_SIDE = Said(
    "Which side, long or short? Only the current signal's own side can be proposed.",
    "¿Qué lado, largo o corto? Solo se puede proponer el lado de la señal actual.",
    "Qual lado, comprado ou vendido? Só o lado do sinal atual pode ser proposto.",
)
NO_PROPOSALS = Said(
    "Proposing trades is switched off here.",
    "Proponer operaciones está desactivado aquí.",
    "Propor operações está desligado aqui.",
)
NOTHING_FITS = Said(
    "What was looked up does not answer that.",
    "Lo consultado no responde a eso.",
    "O que foi consultado não responde a isso.",
)

_ERRORS = {
    "not_found": Said(
        "Nothing is held of that market or series.",
        "No hay nada guardado de ese mercado o serie.",
        "Não há nada guardado desse mercado ou série.",
    ),
    "not_in_plan": Said(
        "Your plan does not include that.", "Tu plan no incluye eso.", "Seu plano não inclui isso."
    ),
    "forbidden": Said(
        "Your key may not see that.",
        "Tu clave no permite ver eso.",
        "Sua chave não permite ver isso.",
    ),
    "invalid_request": Said(
        "That name may mean several markets; say the platform, too.",
        "Ese nombre puede significar varios mercados; di también la plataforma.",
        "Esse nome pode significar vários mercados; diga também a plataforma.",
    ),
    "model_unavailable": Said(
        "No model is trained for that yet.",
        "Todavía no hay ningún modelo entrenado para eso.",
        "Ainda não há nenhum modelo treinado para isso.",
    ),
    "still_computing": Said(
        "That is being computed and takes a moment; ask again.",
        "Eso se está calculando y tarda un momento; vuelve a preguntar.",
        "Isso está sendo calculado e demora um momento; pergunte de novo.",
    ),
    "conflict": Said(
        "That contradicts the present state: the signal is over, on the other side, or decided.",
        "Eso contradice el estado actual: la señal terminó, es del otro lado o ya se decidió.",
        "Isso contradiz o estado atual: o sinal terminou, é do outro lado ou já foi decidido.",
    ),
}
UNKNOWN_ERROR = Said(
    "That could not be looked up.", "No se pudo consultar.", "Não foi possível consultar."
)
ERRORS: Mapping[str, Said] = MappingProxyType(_ERRORS)
