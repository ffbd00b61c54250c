"""Starts everything, says where it is, and ends everything with Ctrl-C."""

import os
import signal
import sys

from core.errors import TickcastError
from core.process.lifetime import die_with_parent
from core.process.unread_variables import unread_variables
from core.settings import Settings, read_settings
from operate.data_folder import locked_data_folder, own_metrics_folder, prepare_data_folder
from operate.disk_watch import DiskWatch
from operate.output import Output
from operate.procfile import REDIS, child_processes, read_commands
from operate.readiness import Probe, base_url, check_port_is_free, wait_for_redis
from operate.records import look_after_marks
from operate.stop_signals import STOPPED, interrupt
from operate.supervisor import StopRequested, Supervisor

READY_PATIENCE = 60.0


def start() -> int:
    """Run until told to stop; return the exit code, after a sentence if it is not 0."""
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)  # a make that was killed cannot pass the signal on
    try:
        _run(read_settings())
    except (StopRequested, KeyboardInterrupt):
        print(STOPPED, flush=True)
        return 0
    except TickcastError as error:
        print(error.detail, file=sys.stderr, flush=True)
        return 1
    return 0


def _run(settings: Settings) -> None:
    interrupt()
    with locked_data_folder(settings), own_metrics_folder(settings):
        check_port_is_free(settings)
        commands = read_commands()
        output = Output(width=max(map(len, commands)))
        if os.geteuid() == 0:
            output.say("Tickcast runs as root; a user with fewer rights is safer.")
        for sentence in unread_variables():
            output.say(sentence)
        processes = child_processes(commands, settings)
        with Supervisor(output, last=[REDIS]) as supervisor, DiskWatch(settings):
            for process in [process for process in processes if process.name == REDIS]:
                supervisor.start(process)
            wait_for_redis(settings, supervisor)
            key = prepare_data_folder(settings)
            for fault in look_after_marks(settings):
                output.say(fault.sentence)
            for process in [process for process in processes if process.name != REDIS]:
                supervisor.start(process)
            _announce(settings, key, supervisor, output)
            supervisor.until(lambda: False)


def _announce(settings: Settings, key: str, supervisor: Supervisor, output: Output) -> None:
    probe = Probe(settings)
    while not supervisor.until(probe.ready, READY_PATIENCE):
        output.say(f"Not ready yet: {', '.join(probe.missing)}.")
    supervisor.settle()
    fragment = f"#key={key}" if settings.auth == "on" else ""
    output.say(f"\nTickcast is ready: {base_url(settings)}/app{fragment}\n")
