"""How venues are reached, by the settings of an installation."""

from core.platforms import ProviderAccess
from core.settings import Settings
from core.venues.questions import Question, VenueCandle
from feeds.metaapi.calls import MetaApiAddresses
from feeds.metaapi.candles import MetaApiCandles
from feeds.metaapi.trading import MetaApiAccount
from tasks.trading.venues.desk import Doors

_NAME = "metaapi"


def metaapi_doors(settings: Settings) -> Doors:
    """Return the doors to accounts at MetaApi, by the addresses that were set and no others."""
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

    return Doors(_NAME, open_account, candles)
