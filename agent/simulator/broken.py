"""Models that are broken: what they send is no answer, or never ends."""

from collections.abc import Iterator

from agent.simulator.behaviour import after_look_up, final, look_up, named, only, price
from agent.simulator.pieces import Bytes, Call, Cut, End, Heard, Piece, Text, Wait

_MEGABYTE = 2**20

only("malformed_json", Bytes(b'{"message": {"content": \n'), Bytes(b"data: {{\n\n"))
only("html", Bytes(b"<html><h1>502 Bad Gateway</h1></html>\n"))
only("silent", End())
only("cut_short", Text('{"say": ['), Cut())
only("ten_megabytes", *[Text("9" * _MEGABYTE)] * 10, End())
only("one_long_line", *[Bytes(b"8" * _MEGABYTE)] * 10)
only("empty_lines", *[Bytes(b"\n" * 1_000)] * 100)
only("prose", Text("Gold trades at 2,345.67; buy 3 lots."), End())
only("no_statements", final(), End())
only("unknown_statement", final({"statement": "sure_profit", "of": "t1"}), End())
only("deep_nesting", Text("[" * 10_000), End())


@named
def never_ends(heard: Heard) -> Iterator[Piece]:
    """Sends a little now and then, and is never done."""
    while True:
        yield Text(" ")
        yield Wait(0.2)


@named
def endless_loop(heard: Heard) -> Iterator[Piece]:
    """Looks up for ever."""
    yield look_up(heard)
    yield End()


@named
def hundred_calls(heard: Heard) -> Iterator[Piece]:
    """Wants a hundred look-ups at once."""
    yield from [look_up(heard)] * 100
    yield End()


@named
def bad_arguments(heard: Heard) -> Iterator[Piece]:
    """Calls tools with what does not fit, one after another."""
    for arguments in (
        '{"symbol": "XAUUSD", "limit": NaN}',
        '{"symbol": "XAUUSD", "limit": 1e309}',
        {"symbol": "XAUUSD", "limit": -5},
        {"symbol": "XAUUSD", "limit": 5, "volume": -1},
        {"symbol": {"symbol": "XAUUSD"}},
        {"symbol": "X" * _MEGABYTE},
    )[heard.asked : heard.asked + 2]:
        yield Call("get_ledger", arguments)
    yield End()


@after_look_up
def statement_of_another_tool(heard: Heard) -> Iterator[Piece]:
    """Chooses a statement that the result has no fields for."""
    yield final(price(heard), price(heard, "account_value"))


@after_look_up
def item_out_of_range(heard: Heard) -> Iterator[Piece]:
    """Chooses an item that is not there."""
    yield final(price(heard) | {"item": 19, "statement": "ledger_row"})


@after_look_up
def more_fields(heard: Heard) -> Iterator[Piece]:
    """Adds a field of its own, with a figure."""
    yield final(price(heard) | {"value": 9_999.5})
