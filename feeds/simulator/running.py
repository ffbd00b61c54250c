"""Ways to run the simulator: in the foreground, or beside a test in a thread."""

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

from aiohttp import web

from feeds.simulator.server import SimulatorOptions, create_simulator

_CLOSING_S = 1.0


def run_simulator(options: SimulatorOptions, host: str, port: int) -> int:
    """Serve until interrupted and return the exit status; a sentence says what went wrong."""
    try:
        app = create_simulator(options)
    except ValueError as error:
        sys.stderr.write(f"simulator: {error}.\n")
        return 2
    try:
        asyncio.run(_serve(app, host, port))
    except OSError as error:
        sys.stderr.write(f"simulator: cannot listen on {host}:{port} ({error.strerror}).\n")
        return 1
    return 0


async def _serve(app: web.Application, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner, address = await _listen(app, host, port)
    sys.stdout.write(f"Simulating on {address}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


async def _listen(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSING_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0]
    name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
    return runner, f"http://{name}:{bound[1]}"


@contextlib.contextmanager
def simulating(options: SimulatorOptions, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread of this process while the block runs; yields the base address.

    Port 0 takes a free one.
    """
    with serving(create_simulator(options), host, port) as address:
        yield address


@contextlib.contextmanager
def serving(app: web.Application, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve any application as `simulating` does."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulator", daemon=True)
    thread.start()
    try:
        runner, address = asyncio.run_coroutine_threadsafe(_listen(app, host, port), loop).result()
        yield address
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
