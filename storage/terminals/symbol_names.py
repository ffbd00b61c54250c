"""Which of our symbols a broker's name of a market means: told in the settings, or by rule."""

from collections.abc import Mapping

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from core.brokers.symbols import canonical_symbol
from core.errors import InvalidRequest, RequestError
from core.names import check_name
from storage.database import reading, writing
from storage.terminals.terminal_tables import symbol_aliases


class SymbolNames:
    """Symbols by broker's name. Every method may raise `DatabaseUnavailable`.

    `told` maps names by platform and wins over the rule.
    """

    def __init__(self, engine: Engine, told: Mapping[str, Mapping[str, str]]) -> None:
        self._engine = engine
        self._told = told
        self._known: dict[tuple[str, str], str] = {}

    def symbol(self, platform: str, broker_name: str) -> str:
        """Return the symbol that a name means.

        Raises `InvalidRequest` for what can be no symbol, and where another name of the
        broker's has that symbol already.
        """
        told = self._told.get(platform, {}).get(broker_name)
        symbol = check_name(told or canonical_symbol(broker_name), "symbol")
        if self._known.get((platform, broker_name)) != symbol:
            self._claim(platform, broker_name, symbol)
            self._known[platform, broker_name] = symbol
        return symbol

    def all(self, platform: str) -> dict[str, str]:
        """Return the symbol of every name that a platform has sent."""
        mine = symbol_aliases.c.platform == platform
        query = select(symbol_aliases.c.broker_name, symbol_aliases.c.symbol).where(mine)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(symbol_aliases.c.symbol))
            return {row.broker_name: row.symbol for row in rows}

    def _claim(self, platform: str, broker_name: str, symbol: str) -> None:
        held = self.all(platform)
        if held.get(broker_name) == symbol:
            return
        told = self._told.get(platform, {})
        by_symbol = {kept: name for name, kept in held.items()}
        other = by_symbol.get(symbol)
        if other is not None and broker_name not in told:
            raise InvalidRequest(
                f"symbol: {broker_name} and {other} are both {symbol}: send one of them, or give "
                "one another name with TICKCAST_SYMBOL_MAPS.",
                field="symbol",
            )
        gone = [name for name in (broker_name, other) if name is not None]
        try:
            with writing(self._engine) as connection:
                mine = symbol_aliases.c.platform == platform
                connection.execute(
                    delete(symbol_aliases).where(mine, symbol_aliases.c.broker_name.in_(gone))
                )
                row = {"platform": platform, "broker_name": broker_name, "symbol": symbol}
                connection.execute(insert(symbol_aliases).values(row))
        except IntegrityError:
            if self.all(platform).get(broker_name) != symbol:
                raise RequestError(f"{broker_name} was given a name just now; try again.") from None
