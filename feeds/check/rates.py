"""Does the exchange bear the pace at which we ask it?"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from core.errors import ExchangeUnavailable
from feeds.check.report import Finding, Result, judged
from feeds.exchange_errors import RATE_STATUSES
from feeds.exchange_session import Answer

PROBE = "rate limit"
REQUESTS = 10


def ask_at_our_pace(ask: Callable[[], Any], last_answer: Callable[[], Answer]) -> list[Answer]:
    """Return what the exchange answered to requests as close together as we ever send them.

    Ends early where none is answered, or at a refusal: who asks on is shut out for longer.
    """
    answers: list[Answer] = []
    for _ in range(REQUESTS):
        with suppress(ExchangeUnavailable):  # The judgement is by what was answered.
            ask()
        answers.append(last_answer())
        if not answers[-1].status or answers[-1].status in RATE_STATUSES:
            break
    return answers


def judge_rates(answers: Sequence[Answer]) -> Finding:
    """Judge the answers to requests at our pace: none may complain of it."""
    newest, failures = answers[-1], []
    if not newest.status:
        said = f"Request {len(answers)} of {REQUESTS} was not answered at all."
        return Finding(PROBE, Result.NOT_POSSIBLE, said)
    if newest.status in RATE_STATUSES:
        wait = f", and asked us to wait {newest.retry_after} s" if newest.retry_after else ""
        said = f"it refused request {len(answers)} of {REQUESTS} for coming too fast"
        failures = [f"{said} (status {newest.status}){wait}"]
    broken = sum(one.status >= 400 for one in answers)
    warnings = [f"{broken} of {len(answers)} requests failed for other reasons"] if broken else []
    return judged(PROBE, failures, warnings, f"{len(answers)} requests at our pace were answered.")
