"""The supervisor restarts what dies, ends everything in order, and never leaves a process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DRIVER = """
import sys
from core.errors import TickcastError
from operate import supervisor
from operate.supervisor import Supervisor, StopRequested
from operate.child_process import ChildProcess
from operate.output import Output
import os
supervisor.STOP_PATIENCE = float(sys.argv[1])
try:
    with Supervisor(Output(width=6), last=["last"]) as keeper:
        for name, command in zip(sys.argv[2::2], sys.argv[3::2]):
            keeper.start(ChildProcess(name, command, os.environ))
        keeper.until(lambda: False)
except StopRequested:
    print("stopped", flush=True)
except TickcastError as error:
    sys.exit(error.detail)
"""
# A command that writes its process id into a file, then sleeps.
SLEEPER = "sh -c 'echo $$ > {file}; exec sleep 1000'"


class Keeping:
    """A supervisor in a process of its own, as `make run` has it."""

    def __init__(self, *names_and_commands: str, patience: float = 5.0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(patience), *names_and_commands],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self, number: signal.Signals = signal.SIGINT) -> str:
        self.process.send_signal(number)
        return self.process.communicate(timeout=30)[0]


@pytest.fixture
def keep() -> Iterator[Callable[..., Keeping]]:
    started: list[Keeping] = []

    def start(*names_and_commands: str, **options: float) -> Keeping:
        started.append(Keeping(*names_and_commands, **options))
        return started[-1]

    yield start
    for keeping in started:
        keeping.process.kill()
        keeping.process.communicate()


def wait_for(condition: Callable[[], object], patience: float = 20) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def pid_in(file: Path) -> int:
    wait_for(lambda: file.exists() and file.read_text().strip())
    return int(file.read_text())


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_killed_process_is_started_again(keep: Callable[..., Keeping], tmp_path: Path) -> None:
    file = tmp_path / "pid"
    keep("sleeper", SLEEPER.format(file=file))
    first = pid_in(file)

    os.kill(first, signal.SIGKILL)

    wait_for(lambda: pid_in(file) != first and alive(pid_in(file)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_supervisor_ends_everything(
    keep: Callable[..., Keeping], tmp_path: Path, number: signal.Signals
) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    keeping = keep("a", SLEEPER.format(file=files[0]), "b", SLEEPER.format(file=files[1]))
    pids = [pid_in(file) for file in files]

    output = keeping.end(number)

    assert output.endswith("stopped\n")
    assert not any(alive(pid) for pid in pids)


def test_killing_the_supervisor_itself_ends_everything(
    keep: Callable[..., Keeping], tmp_path: Path
) -> None:
    keeping = keep("a", SLEEPER.format(file=tmp_path / "a"))
    pid = pid_in(tmp_path / "a")

    keeping.process.kill()

    wait_for(lambda: not alive(pid))


def test_what_a_dead_process_leaves_in_its_group_is_killed(
    keep: Callable[..., Keeping], tmp_path: Path
) -> None:
    orphan = tmp_path / "orphan"
    leader = tmp_path / "leader"
    command = f"sh -c 'sleep 1000 & echo $! > {orphan}; echo $$ > {leader}; wait'"
    keep("a", command)
    first_orphan, first_leader = pid_in(orphan), pid_in(leader)

    os.kill(first_leader, signal.SIGKILL)

    wait_for(lambda: not alive(first_orphan))


def test_the_last_process_ends_after_all_others(
    keep: Callable[..., Keeping], tmp_path: Path
) -> None:
    slow = f"sh -c 'trap \"sleep 0.5; echo slow is done; exit\" TERM; echo $$ > {tmp_path}/s; \
        while :; do sleep 0.1; done'"
    last = f"sh -c 'trap \"echo last is done; exit\" TERM; echo $$ > {tmp_path}/l; \
        while :; do sleep 0.1; done'"
    keeping = keep("last", last, "slow", slow)
    pid_in(tmp_path / "s"), pid_in(tmp_path / "l")

    output = keeping.end()

    assert output.index("slow is done") < output.index("last is done")


def test_a_process_that_ignores_the_signal_is_killed(
    keep: Callable[..., Keeping], tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    keeping = keep("deaf", f"sh -c 'trap \"\" TERM; echo $$ > {file}; exec sleep 1000'")
    pid = pid_in(file)

    keeping.end()  # within 30 s, far less than the process would go on

    assert not alive(pid)


def test_a_second_signal_is_impatient(keep: Callable[..., Keeping], tmp_path: Path) -> None:
    file = tmp_path / "pid"
    # By itself the patience with what is deaf would not end.
    keeping = keep(
        *("deaf", f"sh -c 'trap \"\" TERM; echo $$ > {file}; exec sleep 1000'"), patience=600
    )
    pid = pid_in(file)

    keeping.process.send_signal(signal.SIGINT)
    time.sleep(1.2)
    assert alive(pid)
    keeping.end()

    assert not alive(pid)


def test_a_process_that_never_comes_up_ends_the_start_with_a_sentence(
    keep: Callable[..., Keeping],
) -> None:
    keeping = keep("bad", "sh -c 'echo the reason; exit 3'", "good", "sleep 1000")

    output = keeping.process.communicate(timeout=30)[0]

    assert keeping.process.returncode == 1
    assert output.endswith("bad cannot start: the reason\n")


def test_a_reader_that_stands_still_does_not_stop_the_supervisor(
    keep: Callable[..., Keeping], tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    keep("noisy", "yes", "sleeper", SLEEPER.format(file=file))
    first = pid_in(file)
    time.sleep(0.5)

    os.kill(first, signal.SIGKILL)

    wait_for(lambda: pid_in(file) != first)
