"""Does the exchange's clock agree with ours?"""

from core.clock.times import CLOCK_TOLERANCE_MS
from feeds.check.report import Finding, Result, judged

PROBE = "clock"


def judge_clock(offset_ms: int | None) -> Finding:
    """Judge the exchange's clock less ours, known to half a second; None: it told no time."""
    if offset_ms is None:
        return Finding(PROBE, Result.NOT_POSSIBLE, "No answer of the exchange told its time.")
    told = f"the exchange's clock is {offset_ms / 1_000:+.1f} s off ours"
    if abs(offset_ms) > CLOCK_TOLERANCE_MS:
        wrong = f"{told}, more than {CLOCK_TOLERANCE_MS / 1_000:.0f} s: mend ours with NTP"
        return judged(PROBE, [wrong], [], "")
    return judged(PROBE, [], [], told[0].upper() + told[1:] + ", as far as whole seconds tell.")
