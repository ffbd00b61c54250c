"""Medians of interleaved rounds, so that a slow minute of the machine hits all alike."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

ROUNDS = 5


def interleaved(
    contenders: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, float]:
    """Run every contender once a round, in turn, and return its median figure."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            figures[name].append(run())
    return {name: median(values) for name, values in figures.items()}


def seconds_of(work: Callable[[], object]) -> Callable[[], float]:
    """Return a contender whose figure is the seconds that `work` takes."""

    def run() -> float:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    return run


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(title: str, rows: Mapping[str, str]) -> None:
    """Print one bench's figures under its title."""
    print(f"\n{title}")
    width = max(map(len, rows))
    for name, figure in rows.items():
        print(f"  {name.ljust(width)}  {figure}", flush=True)


def versus(ratio: float, goal: float | None = None) -> str:
    """Say how a figure compares with the bare library, and with its goal."""
    if goal is None:
        return f"{ratio:.2f}x"
    return f"{ratio:.2f}x (goal <= {goal:g}x: {'met' if ratio <= goal else 'MISSED'})"


def machine() -> str:
    """Describe the machine in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, load {load:.1f}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )


def cpu_seconds(process_id: int) -> float:
    """Return the CPU seconds that a process has used, 0 for one that has ended."""
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
