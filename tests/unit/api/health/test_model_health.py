"""The connections to a model server end with the server."""

import pytest

from agent.simulator.server import ModelSimulator
from agent.wires.connect import connect
from api.health.model import ModelHealth
from feeds.simulator.running import serving


async def test_a_server_that_stops_closes_its_connections_to_the_model_server() -> None:
    with serving(ModelSimulator().app()) as url:
        server = connect("ollama", url, "good", "", 5.0)
        assert server is not None
        health = ModelHealth(server, "ollama", "good")
        assert (await health.known()).provider == "ollama"
        await health.process_shutdown({}, {})
        with pytest.raises(RuntimeError, match="closed"):
            await server.status()
