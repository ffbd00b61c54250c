"""A terminal in real time: ticks pass, agents are called each second, and it says what happens."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from feeds.simulator.metatrader.account import BUY, Deal
from feeds.simulator.metatrader.broker import Broker

Say = Callable[[str], object]
TIMER_S = 1.0


class Agent(Protocol):
    """What a terminal runs."""

    def on_timer(self) -> object:
        """Do what is due."""
        ...

    def state(self) -> str:
        """Return in a line how it fares, empty before it has anything to say."""
        ...


class Terminal:
    """A broker and the agents on it; `tick` is the terminal's timer."""

    def __init__(self, broker: Broker, agents: Sequence[Agent], say: Say = lambda line: None):
        self.broker, self.agents, self._say = broker, list(agents), say
        self._shown_deals = len(broker.account.deals)
        self._shown: dict[int, str] = {}

    def tick(self, now_ms: int) -> None:
        """Let time pass until then (epoch ms), and let each agent do what is due."""
        self.broker.advance(now_ms)
        for place, agent in enumerate(self.agents):
            agent.on_timer()
            self._say_once(place, agent.state())
        deals = self.broker.account.deals
        for deal in deals[self._shown_deals :]:
            self._say(_sentence(deal))
        self._shown_deals = len(deals)

    def run(self, is_over: Callable[[], bool], pause: Callable[[float], object]) -> None:
        """Tick each second by the machine's clock until it is over; `pause` waits so long (s)."""
        while not is_over():
            self.tick(round(time.time() * 1_000))
            pause(TIMER_S)

    def _say_once(self, place: int, line: str) -> None:
        if line and self._shown.get(place) != line:
            self._shown[place] = line
            self._say(line)


def _sentence(deal: Deal) -> str:
    word = "buys" if deal.side == BUY else "sells"
    earned = f", {deal.profit:+.2f}" if deal.entry != "in" else ""
    why = f" ({deal.reason})" if deal.entry != "in" else f" ({deal.comment})"
    return f"{word} {deal.volume:g} {deal.symbol} at {deal.price}{earned}{why}"
