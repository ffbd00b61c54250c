"""What the words of this server mean, in each language."""

from agent.statements.said import Said

GLOSSARY = {
    "skill": Said(
        "Skill is the share of a simple baseline's error that a model saves; it counts as proven "
        "only if its whole interval lies above nothing.",
        "El acierto es la parte del error de una referencia simple que un modelo ahorra; cuenta "
        "como demostrado solo si todo su intervalo está por encima de nada.",
        "O acerto é a parte do erro de uma referência simples que um modelo poupa; conta como "
        "comprovado só se todo o seu intervalo estiver acima de nada.",
    ),
    "baseline": Said(
        "A baseline is a forecast that needs no learning, such as the last price.",
        "Una referencia es un pronóstico que no necesita aprendizaje, como el último precio.",
        "Uma referência é uma previsão que dispensa aprendizagem, como o último preço.",
    ),
    "ledger": Said(
        "The ledger holds forecasts entered before the fact, chained by hashes, with what came.",
        "El libro guarda pronósticos anotados antes de los hechos, encadenados por hashes, con su "
        "resultado.",
        "O livro guarda previsões anotadas antes de acontecerem, encadeadas por hashes, com o seu "
        "resultado.",
    ),
    "sealed": Said(
        "Sealed means written into the ledger's chain, where it cannot be changed unnoticed.",
        "Sellado significa escrito en la cadena del libro, donde no se puede cambiar sin que se "
        "note.",
        "Selado significa escrito na cadeia do livro, onde não pode ser mudado sem que se note.",
    ),
    "walk_forward": Said(
        "A walk-forward learns from the past and is tested on what follows, again and again.",
        "Un walk-forward aprende del pasado y se prueba con lo que sigue, repetidas veces.",
        "Um walk-forward aprende com o passado e é testado no que se segue, repetidas vezes.",
    ),
    "coverage": Said(
        "Coverage is how often what came lay inside the range that was forecast.",
        "La cobertura es con qué frecuencia lo ocurrido quedó dentro del rango previsto.",
        "A cobertura é com que frequência o ocorrido ficou dentro da faixa prevista.",
    ),
    "confidence": Said(
        "Confidence is a calibrated chance: of many with the same figure, so many come true.",
        "La confianza es una probabilidad calibrada: de muchas con la misma cifra, esa parte se "
        "cumple.",
        "A confiança é uma probabilidade calibrada: de muitas com o mesmo valor, essa parte se "
        "cumpre.",
    ),
    "expected_value": Said(
        "Expected value is what a trade earns on average after costs, in multiples of its risk.",
        "El valor esperado es lo que una operación gana de media tras costes, en múltiplos de su "
        "riesgo.",
        "O valor esperado é o que uma operação ganha em média depois de custos, em múltiplos do "
        "seu risco.",
    ),
    "risk": Said(
        "The risk of a trade is what is lost if its stop is hit.",
        "El riesgo de una operación es lo que se pierde si salta su stop.",
        "O risco de uma operação é o que se perde se o stop for atingido.",
    ),
    "drawdown": Said(
        "Drawdown is how far an account lies below its highest value before.",
        "El drawdown (caída) es cuánto está una cuenta por debajo de su valor más alto.",
        "O drawdown (queda) é quanto uma conta está abaixo do seu valor mais alto.",
    ),
    "regime": Said(
        "A regime describes trend and volatility; whether it foretells anything is tested apart.",
        "Un régimen describe tendencia y volatilidad; si anticipa algo se prueba aparte.",
        "Um regime descreve tendência e volatilidade; se antecipa algo é testado à parte.",
    ),
    "amd": Said(
        "Accumulation, manipulation and distribution: a quiet range, a false break out of it, "
        "and the real move.",
        "Acumulación, manipulación y distribución: un rango tranquilo, una ruptura falsa y el "
        "movimiento real.",
        "Acumulação, manipulação e distribuição: uma faixa calma, um rompimento falso e o "
        "movimento real.",
    ),
    "signal": Said(
        "A signal says whether a position is advised, where it would end, and how likely each end "
        "is; it abstains where skill is not proven.",
        "Una señal dice si se aconseja una posición, dónde terminaría y cuán probable es cada "
        "final; se abstiene si el acierto no está demostrado.",
        "Um sinal diz se uma posição é aconselhada, onde terminaria e quão provável é cada fim; "
        "abstém-se se o acerto não estiver comprovado.",
    ),
    "range_forecast": Said(
        "A range forecast says how high and how low prices go within some candles.",
        "Un pronóstico de rango dice hasta dónde sube y baja el precio en unas velas.",
        "Uma previsão de faixa diz até onde o preço sobe e desce em algumas velas.",
    ),
    "decision": Said(
        "A decision says what was done about a sealed signal for an account, and why.",
        "Una decisión dice qué se hizo con una señal sellada para una cuenta, y por qué.",
        "Uma decisão diz o que foi feito com um sinal selado para uma conta, e por quê.",
    ),
    "paper_account": Said(
        "A paper account trades at real prices with money that is not real.",
        "Una cuenta simulada opera a precios reales con dinero que no es real.",
        "Uma conta simulada opera a preços reais com dinheiro que não é real.",
    ),
    "agent": Said(
        "This chat looks things up and quotes them; it cannot trade, change settings or foretell "
        "anything by itself.",
        "Este chat consulta datos y los cita; no puede operar, cambiar ajustes ni predecir nada "
        "por sí mismo.",
        "Este chat consulta dados e os cita; não pode operar, mudar ajustes nem prever nada por "
        "si mesmo.",
    ),
}
