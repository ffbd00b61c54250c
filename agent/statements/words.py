"""The words of closed lists in each language; the glossary is among them."""

from collections.abc import Mapping
from types import MappingProxyType

from agent.statements.glossary import GLOSSARY
from agent.statements.said import Said

_WORDS = {
    "true": Said("yes", "sí", "sim"),
    "false": Said("no", "no", "não"),
    "none": Said("none", "ninguna", "nenhuma"),
    "unknown": Said("unknown", "desconocido", "desconhecido"),
    "other": Said("another", "otro", "outro"),
    # Sides
    "long": Said("long", "largo", "comprado"),
    "short": Said("short", "corto", "vendido"),
    "buy": Said("buy", "compra", "compra"),
    "sell": Said("sell", "venta", "venda"),
    "hold": Said("hold", "esperar", "esperar"),
    "BUY": Said("buy", "compra", "compra"),
    "SELL": Said("sell", "venta", "venda"),
    "HOLD": Said("no position", "sin posición", "sem posição"),
    # Quotes and accounts
    "live": Said("live", "en vivo", "ao vivo"),
    "modelled": Said("modelled", "modelada", "modelada"),
    "paper": Said("paper", "simulada", "simulada"),
    "ACTIVE": Said("active", "activa", "ativa"),
    "REDUCING": Said("only reducing", "solo reduciendo", "só reduzindo"),
    "HALTED": Said("halted", "detenida", "parada"),
    # Verdicts
    "skilled": Said("skill is proven", "acierto demostrado", "acerto comprovado"),
    "unproven": Said("not proven", "no demostrado", "não comprovado"),
    "negligible": Said("negligible", "insignificante", "insignificante"),
    "no_skill": Said("no skill", "sin acierto", "sem acerto"),
    # Regimes and phases
    "trend_down": Said("trending down", "tendencia bajista", "tendência de baixa"),
    "trend_up": Said("trending up", "tendencia alcista", "tendência de alta"),
    "range": Said("sideways", "lateral", "lateral"),
    "low": Said("low", "baja", "baixa"),
    "medium": Said("medium", "media", "média"),
    "high": Said("high", "alta", "alta"),
    "accumulation": Said("accumulation", "acumulación", "acumulação"),
    "manipulation": Said("manipulation", "manipulación", "manipulação"),
    "distribution": Said("distribution", "distribución", "distribuição"),
    # What came of signals and decisions
    "take_profit": Said("take profit", "take profit", "take profit"),
    "stop_loss": Said("stop loss", "stop loss", "stop loss"),
    "time": Said("ended by time", "terminó por tiempo", "terminou pelo tempo"),
    "not_entered": Said("not entered", "sin entrada", "sem entrada"),
    "pending": Said("pending", "pendiente", "pendente"),
    "profit": Said("profit", "ganancia", "lucro"),
    "loss": Said("loss", "pérdida", "prejuízo"),
    "cancelled": Said("cancelled", "cancelada", "cancelada"),
    "refused": Said("refused by a limit", "rechazada por un límite", "recusada por um limite"),
    "confirmed": Said("confirmed", "confirmada", "confirmada"),
    "rejected": Said("rejected", "rechazada", "rejeitada"),
    "sent": Said("sent", "enviada", "enviada"),
    # Why no position was taken
    "taken": Said("nothing spoke against it", "nada en contra", "nada contra"),
    "halted": Said("trading is halted", "la operativa está detenida", "a operação está parada"),
    "late": Said("too late to enter", "tarde para entrar", "tarde para entrar"),
    "abstained": Said("the signal abstains", "la señal se abstiene", "o sinal abstém-se"),
    "no_exits": Said(
        "the signal has no exits", "la señal no tiene salidas", "o sinal não tem saídas"
    ),
    "low_confidence": Said(
        "confidence too low", "confianza insuficiente", "confiança insuficiente"
    ),
    "max_daily_trades": Said(
        "the day's trades are used up", "operaciones del día agotadas", "operações do dia esgotadas"
    ),
    "no_instrument": Said(
        "the market is not set up",
        "el mercado no está configurado",
        "o mercado não está configurado",
    ),
    "no_price": Said("no fresh price", "sin precio reciente", "sem preço recente"),
    "passed": Said(
        "prices have passed an exit", "el precio pasó una salida", "o preço passou uma saída"
    ),
    "too_small": Said(
        "the volume would be too small", "volumen demasiado pequeño", "volume pequeno demais"
    ),
}

WORDS: Mapping[str, Said] = MappingProxyType(_WORDS | GLOSSARY)
