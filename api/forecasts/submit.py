"""The ledger's door for forecasters outside this server."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.forecasts.outside_forecasts import OutsideForecasts
from api.forecasts.schemas_submit import SubmitRequest, Submitted
from api.http.threads import in_thread
from core.clock.times import now_ms
from core.errors import Forbidden
from core.ledger import LIVE, WALK
from storage.access.access_keys import FORECAST, AccessKey


class SubmitForecasts:
    """`POST /ledger/forecasts`"""

    def __init__(self, forecasts: OutsideForecasts) -> None:
        self._forecasts = forecasts

    @operation("submit_forecasts", "ledger", {200: Submitted}, errors=(403,), body=True)
    async def on_post(self, req: Request, resp: Response, json: SubmitRequest) -> None:
        """Enter forecasts of a model outside this server, to be scored beside ours.

        They stand in the ledger as model `external.NAME`. One counts if it arrives, by
        the server's clock, within 30 s or a tenth of the candle after its first target
        opened; it may come as early as it likes. The same again is harmless, another
        value is refused: see each item's `state`.
        """
        arrived = now_ms()
        _check_scope(req.context.key, json)
        resp.media = await in_thread(self._forecasts.submit, json, arrived)


def _check_scope(key: AccessKey | None, body: SubmitRequest) -> None:
    """Raise `Forbidden` where a narrowed key speaks for another forecaster, or in its ledger."""
    if key is None or not key.scopes:
        return
    own = body.ledger in (LIVE, f"{WALK}{body.forecaster}")
    if not own or not key.reaches(FORECAST, body.forecaster):
        raise Forbidden(f"This key opens {', '.join(key.scopes)} and nothing else.")
