"""Servers are shared within a process, and the third process takes none."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.shared_servers import SharedServers, shared_by


class Process:
    """One that notes what it is given."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.given: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True


TESTS = [
    *("tests/e2e/alone/test_a.py::one", "tests/e2e/dashboard/test_b.py::one"),
    *("tests/e2e/faults/test_c.py::one", "tests/e2e/test_d.py::one"),
    *("tests/integration/test_e.py::one", "tests/unit/test_f.py::one", "tests/unit/test_g.py::one"),
]


def given(tests: list[str]) -> list[list[str]]:
    """Return what each of three processes is given at first."""
    option = SimpleNamespace(loadscopereorder=False)
    config: Any = SimpleNamespace(option=option, getvalue=lambda name: ["popen"] * 3)
    scheduler = SharedServers(config, None)
    processes = [Process(f"gw{n}") for n in range(3)]
    for process in processes:
        scheduler.add_node(process)
        scheduler.add_node_collection(process, tests)
    scheduler.schedule()
    return [[tests[n] for n in process.given] for process in processes]


def test_whole_servers_are_the_first_two_processes_and_the_third_begins_at_the_end() -> None:
    first, second, third = given(TESTS)
    assert first[0] == TESTS[0]
    assert second[:2] == [TESTS[1], TESTS[3]]
    assert third == [TESTS[6], TESTS[5]]


def test_where_all_need_servers_the_third_process_ends() -> None:
    assert given(TESTS[:4])[2] == []


@pytest.mark.parametrize("file", ["tests/e2e/test_d.py", "tests/e2e/dashboard/test_b.py"])
def test_the_dashboard_shares_the_server_of_the_own_level(file: str) -> None:
    assert shared_by(file) == "tests/e2e"
