"""Counts of what the agent answered, for Prometheus: words of closed lists, nothing said."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter

from agent.tools.lookups import BAD_ARGUMENTS, STILL_COMPUTING, UNKNOWN_TOOL
from core.answers.chat import ChatAnswer, Fallback, ToolCall
from core.errors import RequestError

# A call that the table does not allow, and one that its caller may not make.
_UNKNOWN, _FAILED = "not_in_table", "failed"


class AgentMetrics:
    """Counts answers, whole and by fallback, and calls of tools that were refused."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._answers = Counter(
            "tickcast_agent_answers_total",
            "Answers of the agent.",
            ("provider",),
            registry=registry,
        )
        self._fallbacks = Counter(
            "tickcast_agent_fallback_total",
            "Answers that the built-in narrator gave in a model's place.",
            ("reason",),
            registry=registry,
        )
        self._refused = Counter(
            "tickcast_agent_refused_tools_total",
            "Calls of tools that were refused or failed.",
            ("reason",),
            registry=registry,
        )
        for reason in get_args(Fallback):
            self._fallbacks.labels(reason)

    def count(self, answer: ChatAnswer) -> None:
        """Count an answer."""
        self._answers.labels(answer.provider).inc()
        if answer.fallback:
            self._fallbacks.labels(answer.fallback).inc()
        for call in answer.tool_calls:
            if not call.ok:
                self._refused.labels(_reason(call)).inc()


def _reason(call: ToolCall) -> str:
    said = call.result.get("error")
    return said if said in _REASONS else _FAILED


def _kinds(kind: type[RequestError]) -> set[str]:
    return {kind.type}.union(*map(_kinds, kind.__subclasses__()))


_REASONS = _kinds(RequestError) | {
    "model_unavailable",
    STILL_COMPUTING,
    UNKNOWN_TOOL,
    BAD_ARGUMENTS,
}
