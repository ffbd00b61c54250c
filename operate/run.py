"""`make run`: starts everything, says where it is, and ends everything with Ctrl-C."""

import os
import signal
import sys

from core.errors import TickcastError
from core.processes import die_with_parent
from core.settings import Settings, read_settings
from operate.data_folder import empty_metrics_folder, locked_data_folder, prepare_data_folder
from operate.keep import Keeper, StopRequested
from operate.output import Output
from operate.procfile import REDIS, kept_processes, read_commands
from operate.readiness import Probe, base_url, check_port_is_free, wait_for_redis

READY_PATIENCE = 60.0


def main() -> int:
    """Run until told to stop; return the exit code, after a sentence if it is not 0."""
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)  # a make that was killed cannot pass the signal on
    try:
        _run(read_settings())
    except StopRequested:
        print("Tickcast has stopped.", flush=True)
        return 0
    except TickcastError as error:
        print(error.detail, file=sys.stderr, flush=True)
        return 1
    return 0


def _run(settings: Settings) -> None:
    with locked_data_folder(settings):
        check_port_is_free(settings)
        empty_metrics_folder(settings)
        commands = read_commands()
        output = Output(width=max(map(len, commands)))
        if os.geteuid() == 0:
            output.say("Tickcast runs as root; a user with fewer rights is safer.")
        processes = kept_processes(commands, settings)
        with Keeper(output, last=[REDIS]) as keeper:
            for process in [process for process in processes if process.name == REDIS]:
                keeper.start(process)
            wait_for_redis(settings, keeper)
            key = prepare_data_folder(settings)
            for process in [process for process in processes if process.name != REDIS]:
                keeper.start(process)
            _announce(settings, key, keeper, output)
            keeper.until(lambda: False)


def _announce(settings: Settings, key: str, keeper: Keeper, output: Output) -> None:
    probe = Probe(settings)
    while not keeper.until(probe.ready, READY_PATIENCE):
        output.say(f"Not ready yet: {', '.join(probe.missing)}.")
    keeper.settle()
    fragment = f"#key={key}" if settings.auth == "on" else ""
    output.say(f"\nTickcast is ready: {base_url(settings)}/app{fragment}\n")


if __name__ == "__main__":
    sys.exit(main())
