"""A first key, for whoever holds the link that was mailed; and the link once more."""

import logging

from falcon.asgi import Request, Response

from api.access.seldom_calls import SeldomCalls
from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.robots.words import iso
from api.sales.schemas import Claim, Claimed, EaConfig, Resend, Resent
from core.clock.times import now_ms
from core.errors import TooManyRequests
from storage.accounts.accounts import AccountStore
from storage.mail.claims import ClaimStore
from tasks.enqueue import Enqueue
from tasks.task_table import RESEND_CLAIM

logger = logging.getLogger(__name__)

_ON_ITS_WAY = "If the address has an account with a plan, a link is on its way."


class ClaimResource:
    """`POST /account/claim`"""

    def __init__(self, claims: ClaimStore, accounts: AccountStore, api_url: str) -> None:
        self._claims = claims
        self._accounts = accounts
        self._api_url = api_url

    @operation("claim_key", "sales", {200: Claimed}, errors=(404, 409), body=True)
    async def on_post(self, req: Request, resp: Response, json: Claim) -> None:
        """Spend a link of a mail and return the key that it is for, this once.

        A link that was used or is too old is a 409; a new one can be asked for. One that is
        to replace all keys closes the others.
        """
        resp.media = await in_database_thread(self._claim, json.token)
        resp.set_header("Cache-Control", "no-store")

    def _claim(self, token: str) -> Claimed:
        made = self._claims.redeem(token)
        account, now = self._accounts.get(made.account_id), now_ms()
        return Claimed(
            ok=True,
            key_id=made.key.number,
            api_key=made.plain,
            plan_tier=account.tier(now),
            expires_at=iso(account.active_until(now)),
            ea_config=EaConfig(self._api_url, made.plain),
        )


class ResendClaim:
    """`POST /account/claim/resend`"""

    def __init__(self, enqueue: Enqueue, asked: SeldomCalls) -> None:
        self._enqueue = enqueue
        self._asked = asked

    @operation("resend_claim", "sales", {202: Resent}, body=True)
    async def on_post(self, req: Request, resp: Response, json: Resend) -> None:
        """Have a link to a first key, or one that replaces all keys, mailed to a subscriber.

        The answer is the same for every address, and takes as long: a worker looks it up.
        Three an hour from one caller, and three an hour to one account; beyond that none is mailed.
        """
        try:
            await self._asked.count(req.remote_addr)
            await in_thread(self._enqueue.send, RESEND_CLAIM, json.email, now_ms())
        except TooManyRequests as error:
            logger.info("no link is mailed: %s", error.detail)
        resp.status = 202
        resp.media = Resent(ok=True, detail=_ON_ITS_WAY)
