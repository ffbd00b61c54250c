"""`tickcast webhooks`: events of payment providers, and having one applied again."""

from typing import Annotated

import typer

from core.clock.times import format_time
from core.plain_text import escape_controls
from core.settings import read_settings
from operate.opened_stores import opened_stores
from storage.sales.webhooks import WebhookEvent, WebhookState

app = typer.Typer(help="Events of payment providers.", no_args_is_help=True)


@app.command("list")
def list_events(
    state: Annotated[
        WebhookState | None, typer.Option(help="Only those in this state, such as failed.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 100,
) -> None:
    """List events, the newest first: provider, id, name, when it came, state, why."""
    with opened_stores(read_settings()) as stores:
        for event in stores.webhooks.list(state, limit):
            typer.echo(_line(event))


@app.command("retry")
def retry(event_id: Annotated[str, typer.Argument(help="Id of the event.")]) -> None:
    """Have an event applied again within half a minute, after a product was set for instance."""
    with opened_stores(read_settings()) as stores:
        typer.echo(_line(stores.webhooks.retry(event_id)))


def _line(event: WebhookEvent) -> str:
    told = (event.event_id, event.name, event.error or "")
    event_id, name, error = map(escape_controls, told)
    came = format_time(event.received_at)
    return f"{event.provider}  {event_id}  {name}  {came}  {event.state}  {error}".rstrip()
