"""A Chromium for the tests: the machine's, else Debian's, else Playwright's own download."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)


def launch(playwright: Playwright) -> Browser:
    """Return a running browser; without one, skip the test, but never in CI."""
    try:
        return playwright.chromium.launch(executable_path=_path(playwright), args=list(FLAGS))
    except OSError as error:
        if os.environ.get("CI", "").lower() == "true":
            raise
        pytest.skip(f"no Chromium here: {error}")


def _path(playwright: Playwright) -> str:
    own = playwright.chromium.executable_path
    for path in (_on_machine(), own):
        if path and Path(path).exists():
            return path
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    if not _on_machine():
        _run(sys.executable, "-m", "playwright", "install", "chromium")
    found = _on_machine() or own
    if not Path(found).exists():
        raise OSError("neither Debian's package nor Playwright's download could be had")
    return found


def _on_machine() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _run(*command: str) -> None:
    subprocess.run(command, check=False, capture_output=True, timeout=600)


@dataclass
class Watched:
    """A page with what it complained of, and what it asked of others than the server."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)


def watch(page: Page, home: str) -> Watched:
    """Note every console error, uncaught error, and request to another host."""
    watched = Watched(page)

    def note_request(request: Request) -> None:
        if not request.url.startswith((home, home.replace("http", "ws"), "data:")):
            watched.abroad.append(request.url)

    page.on(
        "console", lambda said: watched.complaints.append(said.text) if _bad(said.type) else None
    )
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("request", note_request)
    return watched


def _bad(kind: str) -> bool:
    return kind in ("error", "warning")
