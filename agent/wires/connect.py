"""The model server that the settings name."""

from agent.wires.model_server import ModelServer
from core.answers.chat import Provider


def connect(
    provider: Provider, url: str, model: str, key: str, timeout_s: float
) -> ModelServer | None:
    """Return the server of a provider; None for the built-in narrator, which has none.

    Raises `InvalidRequest` for an address that is none.
    """
    if provider == "builtin":
        return None
    # The client library is loaded where a model is configured, and nowhere else.
    from agent.wires.bounded import BoundedCalls
    from agent.wires.ollama import OllamaServer
    from agent.wires.openai import OpenAiServer

    calls = BoundedCalls(url.rstrip("/").removesuffix("/v1"), key, timeout_s)
    return OllamaServer(calls, model) if provider == "ollama" else OpenAiServer(calls, model)
