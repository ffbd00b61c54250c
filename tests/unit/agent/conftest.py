"""Scripted model servers on loopback, started once a file."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import NamedTuple

import pytest

from agent.simulator.server import ModelSimulator
from agent.wires.connect import connect
from agent.wires.model_server import ModelServer
from core.answers.chat import Provider
from feeds.simulator.running import serving

KEY = "key-of-the-model-server-31337"
Connect = Callable[[Provider, str], ModelServer]


class Simulated(NamedTuple):
    """A server and where it is."""

    server: ModelSimulator
    url: str


@pytest.fixture(scope="module")
def simulated() -> Iterator[Simulated]:
    server = ModelSimulator()
    with serving(server.app()) as url:
        yield Simulated(server, url)


@pytest.fixture
async def model(simulated: Simulated) -> AsyncIterator[Connect]:
    """What connects to a scripted model by its name."""
    opened: list[ModelServer] = []

    def opens(provider: Provider, name: str, path: str = "", seconds: float = 5.0) -> ModelServer:
        server = connect(provider, simulated.url + path, name, KEY, seconds)
        assert server is not None
        opened.append(server)
        return server

    yield opens
    for server in opened:
        await server.close()
