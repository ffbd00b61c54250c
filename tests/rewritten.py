"""Test files whose asserts pytest has rewritten, made once by all processes together.

Rewriting takes as long as all else that collecting does, every process collects every file,
and without this each of them rewrites all: they begin at the same moment, in the same order.
"""

import os
import sys
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

TESTS = Path(__file__).parent


def rewrite_share(config: pytest.Config) -> None:
    """Rewrite what this process has to of the files that no run has rewritten yet."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    whole = [config.invocation_params.dir / one for one in config.args] == [TESTS]
    if not name or not whole or sys.dont_write_bytecode:
        return
    number, count = int(name.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    state = config.stash[rewrite.assertstate_key]
    for file in sorted(TESTS.rglob("test_*.py"))[number::count]:
        kept = rewrite.get_cache_dir(file) / f"{file.stem}{rewrite.PYC_TAIL}"
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            source, code = rewrite._rewrite_test(file, config)
            rewrite._write_pyc(state, code, source, kept)
