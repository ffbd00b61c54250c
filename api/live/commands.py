"""What readers of sockets say: text, one command a frame."""

from falcon import PayloadTypeError
from falcon.asgi import WebSocket

from core.errors import MalformedRequest


async def receive_command(ws: WebSocket) -> str:
    """Return the next frame; raises `MalformedRequest` for one that is no text."""
    try:
        return await ws.receive_text()
    except PayloadTypeError:
        raise MalformedRequest("Commands are text frames; this one was binary.") from None
