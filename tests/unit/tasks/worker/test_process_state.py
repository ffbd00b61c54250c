"""What a worker sees of its own processes."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

from tasks.worker.process_state import count_stopped, longest_running, memory_mb


def test_a_process_that_was_stopped_counts_until_it_goes_on() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert count_stopped([child.pid, os.getpid()]) == 0
        child.send_signal(signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)
        assert count_stopped([child.pid, os.getpid()]) == 1
        child.send_signal(signal.SIGCONT)
        os.waitpid(child.pid, os.WCONTINUED)
        assert count_stopped([child.pid]) == 0
    finally:
        child.kill()
        child.wait()
    assert count_stopped([child.pid]) == 0


def test_memory_is_that_of_all_processes_and_a_gone_one_has_none() -> None:
    own = memory_mb([])
    assert own > 5
    assert memory_mb([os.getpid()]) >= 2 * own - 2
    assert memory_mb([2**22 + 1]) - own <= 2


def test_the_oldest_running_request_counts_and_one_that_has_not_begun_does_not() -> None:
    now = time.time()
    requests = [SimpleNamespace(time_start=start) for start in (now - 3.5, now - 9.5, None)]
    assert longest_running(requests) == 9
    assert longest_running([]) == 0
