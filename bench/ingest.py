"""Live trades from the socket to the candle: trades a second, latency, CPU, bytes."""

from bench import naive_load
from bench.in_process import bare_rate, function_rate
from bench.live import live_tickcast
from bench.measure import ROUNDS, percentile, show
from bench.stream_client import BODY, TRADES, Stream

MUST, GOAL, SOCKET_GOAL, LATENCY_GOAL_MS = 60_000, 100_000, 15_000, 250
HALF_LOAD = 30_000


def run() -> None:
    """Print all figures; each rate is a median of interleaved rounds."""
    rates: dict[str, list[float]] = {}
    with live_tickcast() as tickcast:
        stream = Stream(tickcast)
        stream.post_rate(0)
        for number in range(ROUNDS):
            rates.setdefault("http", []).append(stream.post_rate(number))
            rates.setdefault("function", []).append(function_rate(TRADES, BODY))
            rates.setdefault("bare", []).append(bare_rate(TRADES, BODY))
            rates.setdefault("frames of 1", []).append(stream.socket_rate(number, 1, 20_000))
            rates.setdefault("frames of 100", []).append(stream.socket_rate(number, 100, 40_000))
        rates["naive"] = [naive_load.rate(tickcast)]
        _show_rates({name: percentile(values, 0.5) for name, values in rates.items()})
        _show_latency(stream)
        _show_variations(stream)


def _show_rates(rate: dict[str, float]) -> None:
    posted = rate["http"]
    verdict = "goal met" if posted >= GOAL else "must met" if posted >= MUST else "MISSED"
    frames = rate["frames of 1"]
    show(
        f"Live trades, accepted to stored ({ROUNDS} rounds of {TRADES:,})",
        {
            f"POST of {BODY:,}": f"{posted:,.0f}/s (must {MUST:,}, goal {GOAL:,}: {verdict})",
            "sockets, frames of 1": f"{frames:,.0f}/s (goal {SOCKET_GOAL:,}: "
            f"{'met' if frames >= SOCKET_GOAL else 'MISSED'})",
            "sockets, frames of 100": f"{rate['frames of 100']:,.0f}/s",
            "(a) one chain a trade": f"{rate['naive']:,.0f}/s; "
            f"POST is {posted / rate['naive']:.0f}x (goal 200x)",
            "(b) same function, one process": f"{rate['function']:,.0f}/s; "
            f"POST is {posted / rate['function']:.2f}x (must 0.25x, goal 0.4x)",
            "(c) bare TS.MADD": f"{rate['bare']:,.0f}/s; POST is {posted / rate['bare']:.2f}x",
        },
    )


def _show_latency(stream: Stream) -> None:
    before, used = stream.cpu_seconds(), stream.redis.info("memory")["used_memory"]
    waited = stream.latencies(HALF_LOAD, 10)
    after, now = stream.cpu_seconds(), stream.redis.info("memory")["used_memory"]
    spent = {part: after[part] - before[part] for part in after}
    total = sum(spent.values()) or 1
    p99 = percentile(waited, 0.99)
    show(
        f"At {HALF_LOAD:,} trades/s",
        {
            "accepted to stored p50": f"{percentile(waited, 0.5):.1f} ms",
            "accepted to stored p99": f"{p99:.1f} ms (goal < {LATENCY_GOAL_MS} ms: "
            f"{'met' if p99 < LATENCY_GOAL_MS else 'MISSED'})",
            "CPU": ", ".join(f"{part} {100 * s / total:.0f}%" for part, s in spent.items()),
            "peak memory of a process": f"{stream.memory_mib():.0f} MiB",
            "Redis memory a trade": f"{(now - used) / (HALF_LOAD * 10):.0f} bytes",
        },
    )


def _show_variations(stream: Stream) -> None:
    rows = {}
    for symbols in (1, 10, 100):
        rows[f"{symbols} symbols"] = f"{stream.post_rate(1, symbols=symbols):,.0f}/s"
    for late in (0.0, 0.01, 0.1):
        rows[f"{late:.0%} late"] = f"{stream.post_rate(2, late=late):,.0f}/s"
    show("POST of 1,000, one round each", rows)
