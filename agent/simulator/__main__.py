"""Serve scripted models: `python -m agent.simulator [PORT]`."""

import sys

from aiohttp import web

from agent.simulator.behaviour import BEHAVIOURS
from agent.simulator.server import ModelSimulator

PORT = 11_434


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    sys.stdout.write(f"Models: {', '.join(sorted(BEHAVIOURS))}\n")
    web.run_app(ModelSimulator().app(), host="127.0.0.1", port=port)


if __name__ == "__main__":
    main()
