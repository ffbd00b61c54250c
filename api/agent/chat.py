"""Questions about what the server holds, answered by statements that were checked."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec
import structlog
from falcon.asgi import Request, Response, SSEvent

from api.access.open_streams import OpenStreams
from api.agent.answering import Answering
from api.agent.caller import Caller, caller_of, check_user
from api.agent.conversations import checked
from api.agent.schemas import MOST_CHARACTERS, ChatRequest
from api.docs.openapi import operation
from api.docs.openapi_parts import event_stream
from api.http.errors import error_body
from api.http.routes import until_caller_leaves
from api.http.threads import in_database_thread
from core.answers.chat import ChatAnswer, ChatEvent, Done
from core.errors import InvalidRequest, TickcastError, TooLarge
from storage.agent.conversations import ConversationStore

log = structlog.get_logger("api")

PING_SECONDS, _GRACE_SECONDS = 15.0, 1.0
EVENTS = "text/event-stream"


class ChatResource:
    """`POST /api/v1/chat`, and the same at `/api/chat`"""

    def __init__(self, answering: Answering, kept: ConversationStore, at_once: OpenStreams) -> None:
        self._answering = answering
        self._kept = kept
        self._at_once = at_once

    @operation(
        "chat", "agent", {200: ChatAnswer}, errors=(404, 409), body=True, more=event_stream()
    )
    async def on_post(self, req: Request, resp: Response, json: ChatRequest) -> None:
        """Answer a question from what the caller may read, every number with its source.

        A model chooses statements where one is configured, the built-in narrator elsewhere and
        where the model is away; the numbers are written here. Nothing is changed: a proposed
        trade waits for a person. As Server-Sent Events, `tool_call`, `statement` and `done`
        come as they are known, or `error`.
        """
        await self._answer(req, resp, json)

    @operation(
        "chat_proxy", "agent", {200: ChatAnswer}, errors=(404, 409), body=True, more=event_stream()
    )
    async def on_post_proxy(self, req: Request, resp: Response, json: ChatRequest) -> None:
        """Answer the same as `POST /api/v1/chat`."""
        await self._answer(req, resp, json)

    async def _answer(self, req: Request, resp: Response, asked: ChatRequest) -> None:
        caller = caller_of(req)
        check_user(caller, asked.user_id)
        _check_text(asked.message)
        if asked.conversation_id is not None:
            chosen = checked(asked.conversation_id)
            await in_database_thread(self._kept.check_open, caller.holder, chosen)
        self._at_once.check(caller.holder)
        resp.set_header("Cache-Control", "no-store")
        events = self._answering.events(caller, asked.message, asked.conversation_id)
        if asked.stream or EVENTS in (req.get_header("Accept") or ""):
            resp.sse = self._stream(req, caller, events)
        else:
            resp.media = await self._whole(req, caller, events)

    async def _whole(
        self, req: Request, caller: Caller, events: AsyncGenerator[ChatEvent]
    ) -> ChatAnswer | None:
        with self._at_once.one_more(caller.holder):
            async with contextlib.aclosing(_while_there(req, events)) as coming:
                async for event in coming:
                    if isinstance(event, Done):
                        return event.answer
        return None

    async def _stream(
        self, req: Request, caller: Caller, events: AsyncGenerator[ChatEvent]
    ) -> AsyncIterator[SSEvent | None]:
        try:
            with self._at_once.one_more(caller.holder):
                async with contextlib.aclosing(_while_there(req, events)) as coming:
                    async for event in coming:
                        yield None if event is None else _shown(event)
        except TickcastError as error:
            yield SSEvent(event="error", data=msgspec.json.encode(error_body(req, error)))
        except Exception as error:
            log.exception("chat failed")
            yield SSEvent(event="error", data=msgspec.json.encode(error_body(req, error)))


def _check_text(message: str) -> None:
    if len(message) > MOST_CHARACTERS:
        raise TooLarge(f"message may have {MOST_CHARACTERS:,} characters.")
    if not message.strip():
        raise InvalidRequest("message: ask something.", field="message")
    if "\0" in message or (not message.isascii() and _is_broken(message)):
        raise InvalidRequest("message: it must be Unicode text without NUL.", field="message")


def _is_broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


async def _while_there(
    req: Request, events: AsyncGenerator[ChatEvent]
) -> AsyncGenerator[ChatEvent | None]:
    """Yield events, None every `PING_SECONDS` without one, and end them when the caller leaves.

    What comes within `_GRACE_SECONDS` after that is still made and kept.
    """
    left: asyncio.Future[Any] = asyncio.ensure_future(_gone(req))
    coming: asyncio.Future[Any] = asyncio.ensure_future(anext(events))
    try:
        while not left.done() or coming.done():
            await asyncio.wait(
                {coming, left}, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if coming.done():
                try:
                    event = coming.result()
                except StopAsyncIteration:
                    return
                coming = asyncio.ensure_future(anext(events))
                yield event
            elif not left.done():
                yield None
    finally:
        for one in (coming, left):
            one.cancel()
        await asyncio.wait({coming, left})
        await events.aclose()


async def _gone(req: Request) -> None:
    await until_caller_leaves(req)
    await asyncio.sleep(_GRACE_SECONDS)


def _shown(event: ChatEvent) -> SSEvent:
    told: dict[str, Any] = msgspec.to_builtins(event)
    name = told.pop("event")
    return SSEvent(event=name, data=msgspec.json.encode(told.get("answer") or told))
