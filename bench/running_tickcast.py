"""A live Tickcast in a folder and on a port of its own, started just as `make run` does."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from core.settings import Settings

READY = re.compile(r"Tickcast is ready: (http://\S+)/app#key=(\S+)")
START_PATIENCE = 180.0
STOP_PATIENCE = 60.0


class DidNotStart(Exception):
    """The server ended or stayed silent; the message is what it printed."""


class RunningTickcast:
    """Starts Tickcast and ends it with the context; prints into `{data_dir}/../NAME.log`.

    `url` and `key` are those that it prints once it is ready, `seconds` how
    long that took, and `process` the supervisor.
    """

    url: str
    key: str
    seconds: float
    process: subprocess.Popen[bytes]

    def __init__(self, data_dir: Path, port: int = 0, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.log = data_dir.with_suffix(".log")
        self._settings = settings

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def settings(self) -> Settings:
        """The server's own settings, to look at its stores from beside it."""
        return Settings(data_dir=self.data_dir, port=self.port, _env_file=None)

    def start(self) -> None:
        """Start and return when the server says that it is ready."""
        begun = time.monotonic()
        self.launch()
        text = self.wait_for_line(READY)
        self.url, self.key = text.group(1), text.group(2)
        self.seconds = time.monotonic() - begun

    def launch(self) -> None:
        """Start without waiting."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "operate.run"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the whole group a signal, as a terminal does, and return the exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
            try:
                self.process.wait(STOP_PATIENCE)
            finally:
                self.process.kill()
        return self.process.wait()

    def wait_for_line(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Return the first match in what was printed, waiting for it."""
        deadline = time.monotonic() + START_PATIENCE
        while True:
            ended = self.process.poll() is not None
            if found := pattern.search(self.printed()):
                return found
            if ended or time.monotonic() > deadline:
                raise DidNotStart(self.printed()[-5_000:])
            time.sleep(0.05)

    def printed(self) -> str:
        """Return all that the server has printed."""
        return self.log.read_text(errors="replace")

    def health(self) -> int:
        """Return the status of `GET /health`, 0 while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def processes(self, containing: str = "") -> dict[int, str]:
        """Return process id and command of all that run on this data folder."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if command and containing in command and self._is_ours(environment, command):
                found[int(folder.name)] = command
        return found

    def _is_ours(self, environment: bytes, command: str) -> bool:
        # Redis writes its title over its environment, but the title names its socket.
        marker = f"TICKCAST_DATA_DIR={self.data_dir}".encode()
        return marker in environment.split(b"\0") or f"{self.data_dir}/" in command

    def _environment(self) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items() if not n.startswith("TICKCAST_")}
        ours = {"host": "127.0.0.1", "port": str(self.port), "data_dir": str(self.data_dir)}
        settings = {**ours, **self._settings}
        return kept | {f"TICKCAST_{name.upper()}": value for name, value in settings.items()}


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
