"""Whether a trade that was sent once is carried out, is not, or may be either."""

from typing import Literal

import msgspec

from core.venues.trades import TradeAnswer
from feeds.metaapi.calls import Reply

# Codes and words of MetaTrader's return codes (MQL5 reference, "Return Codes of the Trade Server").
DONE_CODES = frozenset({0, 10_008, 10_009, 10_010, 10_025})
DONE_WORDS = frozenset(
    {
        "ERR_NO_ERROR",
        "TRADE_RETCODE_PLACED",
        "TRADE_RETCODE_DONE",
        "TRADE_RETCODE_DONE_PARTIAL",
        "TRADE_RETCODE_NO_CHANGES",
    }
)
_PARTIAL = 10_010
# No result, trade time-out (MetaTrader 4), time-out of the request, and MetaApi's own.
UNKNOWN_CODES = frozenset({-11, 1, 128, 10_012})
REFUSING_STATUSES = frozenset({400, 401, 403, 404, 429})
_LONGEST_WORD = 64


class _Said(msgspec.Struct):
    numericCode: int | None = None  # noqa: N815 - their names
    stringCode: str = ""  # noqa: N815
    orderId: str | None = None  # noqa: N815
    positionId: str | None = None  # noqa: N815


def classify(reply: Reply) -> TradeAnswer:
    """Return what a reply to a trade proves.

    Whatever is not proven is `unknown`: no answer after sending, a status that does not say
    that it was refused, a body that cannot be read or contradicts itself.
    """
    if not reply.sent:
        return TradeAnswer(state="refused", code="not_sent", detail="It was not sent.")
    if reply.status in REFUSING_STATUSES:
        return TradeAnswer(
            state="refused", code=str(reply.status), detail=f"The status was {reply.status}."
        )
    if reply.status != 200:
        told = f"The status was {reply.status}." if reply.status else "No whole answer came."
        return TradeAnswer(state="unknown", code=str(reply.status or "lost"), detail=told)
    try:
        said = msgspec.json.decode(reply.body, type=_Said)
    except msgspec.MsgspecError:
        return TradeAnswer(state="unknown", code="unreadable", detail="It cannot be read.")
    return _by_code(said)


def _by_code(said: _Said) -> TradeAnswer:
    word = _plain(said.stringCode)
    state = _state(said.numericCode, word)
    code = word if said.numericCode is None else str(said.numericCode)
    return TradeAnswer(
        state=state,
        code=code or "unreadable",
        detail=word or "No reason was given.",
        order_id=said.orderId if state == "done" else None,
        position_id=said.positionId if state == "done" else None,
        partial=state == "done" and said.numericCode == _PARTIAL,
    )


def _state(code: int | None, word: str) -> Literal["done", "refused", "unknown"]:
    if code in UNKNOWN_CODES or (code is None and not word):
        return "unknown"
    by_word = word in DONE_WORDS
    if code is None:
        return "done" if by_word else "refused"
    by_code = code in DONE_CODES
    if word and by_code != by_word:
        return "unknown"
    return "done" if by_code else "refused"


def _plain(word: str) -> str:
    """Return a word of codes, nothing else: texts of others reach no log and no answer."""
    plain = word.isascii() and word.replace("_", "").isalnum() and len(word) <= _LONGEST_WORD
    return word if plain else ""
