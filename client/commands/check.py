"""`tickcast check`: is an exchange, as this machine reaches it, what we take it for?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from client.commands.live import ExchangeUrl
from client.commands.output import AsJson, Platform, Symbol, answer, table
from core.settings import read_settings

if TYPE_CHECKING:
    from feeds.check.report import Report

SOMETHING_FAILED = 1


def check(
    platform: Platform,
    symbol: Symbol,
    seconds: Annotated[float, typer.Option(min=1, help="Listen to the feed for so long.")] = 60.0,
    exchange_url: ExchangeUrl = None,
    as_json: AsJson = False,
) -> None:
    """Ask an exchange itself, without any server, whether all that we rely on is so.

    Its candles and trades over REST, its clock, the pace that it bears, its live feed, the
    kinds of its messages, its trade ids, and its candles beside those that its trades make.
    Exit code 1 if anything failed.
    """
    # requests and ccxt cost most of a second to import: other commands start faster.
    from feeds.check.exchange import check_exchange

    url = exchange_url or read_settings().exchange_urls.get(platform)
    if not as_json:
        typer.echo(f"Asking {platform}, and listening to it for {seconds:g} s ...", err=True)
    report = check_exchange(platform, symbol, seconds, url)
    answer(as_json, report, _view)
    if not report.passed:
        raise typer.Exit(SOMETHING_FAILED)


def _view(report: "Report") -> Iterator[RenderableType]:
    rows = [(one.probe, one.result.value, one.said) for one in report.findings]
    yield table(f"{report.platform} {report.symbol}", ("probe", "result", ""), rows)
    failed = [one.probe for one in report.findings if one.result.value == "failed"]
    yield f"Failed: {', '.join(failed)}." if failed else "Nothing failed."
