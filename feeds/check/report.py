"""What a check of an exchange found: a sentence for each probe."""

from enum import StrEnum

import msgspec


class Result(StrEnum):
    """How a probe ended; `NOT_POSSIBLE` is nobody's fault and says why."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_POSSIBLE = "not possible here"


class Finding(msgspec.Struct, frozen=True):
    """What one probe found, with its reason in a sentence."""

    probe: str
    result: Result
    said: str


class Report(msgspec.Struct, frozen=True):
    """What all probes of one market found; `passed` says that none failed."""

    platform: str
    symbol: str
    seconds: float
    passed: bool
    findings: list[Finding]


def judged(probe: str, failures: list[str], warnings: list[str], fine: str) -> Finding:
    """Return a finding: the failures if there are any, else the warnings, else what is fine."""
    for result, said in ((Result.FAILED, failures), (Result.WARNING, warnings)):
        if said:
            return Finding(probe, result, "; ".join(said) + ".")
    return Finding(probe, Result.OK, fine)
