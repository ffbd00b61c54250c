"""How venues are reached, by the settings of an installation: at the hosts set and no others."""

from typing import TYPE_CHECKING

from core.platforms import ProviderAccess
from core.settings import Settings
from core.venues.names import BYBIT, BYBIT_TESTNET, METAAPI
from core.venues.questions import Question, VenueCandle
from feeds.metaapi.calls import MetaApiAddresses
from feeds.metaapi.candles import MetaApiCandles
from feeds.metaapi.trading import MetaApiAccount
from tasks.trading.venues.desk import Doors

if TYPE_CHECKING:
    from feeds.bybit.trading import BybitAccount


def venue_doors(settings: Settings) -> dict[str, Doors]:
    """Return the doors to accounts, by venue."""
    return {
        METAAPI: _metaapi(settings),
        BYBIT: _bybit(settings, BYBIT),
        BYBIT_TESTNET: _bybit(settings, BYBIT_TESTNET),
    }


def _metaapi(settings: Settings) -> Doors:
    urls, timeout = settings.venue_urls, settings.exchange_timeout_s

    def open_account(account: str, token: str) -> MetaApiAccount:
        addresses = MetaApiAddresses(urls["client"], urls["provisioning"])
        return MetaApiAccount(addresses, account, token, timeout)

    def candles(account: str, token: str, asked: Question) -> list[VenueCandle]:
        url = urls["market_data"].replace("{region}", settings.metaapi_region)
        access = ProviderAccess(url, token, account, "")
        source = MetaApiCandles(access, timeout, 0)
        start = asked.end_s - asked.limit * asked.resolution
        rows = source.fetch_page(asked.symbol, asked.resolution, start, asked.end_s - 1)
        return [VenueCandle(int(row[0]), *row[1:]) for row in rows[-asked.limit :]]

    return Doors(open_account, candles)


def _bybit(settings: Settings, venue: str) -> Doors:
    def open_account(_account: str, token: str) -> "BybitAccount":
        # requests costs a tenth of a second to import: only who has an account there pays for it.
        from feeds.bybit.trading import BybitAccount

        return BybitAccount(
            token,
            sandbox=venue == BYBIT_TESTNET,
            base_url=settings.exchange_urls.get(venue),
            timeout_s=settings.exchange_timeout_s,
        )

    def candles(account: str, token: str, asked: Question) -> list[VenueCandle]:
        opened = open_account(account, token)
        try:
            return opened.candles(asked.symbol, asked.resolution, asked.limit, asked.end_s)
        finally:
            opened.close()

    return Doors(open_account, candles)
