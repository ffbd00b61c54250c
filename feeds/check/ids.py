"""Do trade ids count up by one, so that a missing one is a missed trade?"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from feeds.check.report import Finding, judged
from feeds.live.sequence import Missing

PROBE = "trade ids"


def judge_ids(left_out: Sequence[Missing], told: Iterable[int]) -> Finding:
    """Judge the ids that a feed left out, and those that REST told, in any order.

    What the feed left out and REST has is fetched by a collector and only warned of; an id
    that REST itself lacks breaks the rule by which missing trades are found.
    """
    known = sorted(set(told))
    holes = [(before + 1, after - 1) for before, after in pairwise(known) if after - before > 1]
    lacking = sum(last - first + 1 for first, last in holes)
    failures = (
        [f"{lacking} ids are missing in what REST tells, the first is {holes[0][0]}"]
        if holes
        else []
    )
    missing = sum(part.count for part in left_out)
    said = f"the feed left out {missing} trades, from id {left_out[0].first} on" if missing else ""
    warnings = [f"{said}, to be fetched over REST"] if missing else []
    return judged(
        PROBE, failures, warnings, f"{len(known):,} ids follow each other without a hole."
    )
