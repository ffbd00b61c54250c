"""A decision of the current signal, for a person to confirm."""

import msgspec

from agent.tools.propose_trade import ProposalArguments, ProposalResult
from api.agent.caller import Caller, RouteOfTool
from api.http.threads import in_thread
from api.markets.symbol_resolver import SymbolResolver
from api.trading.valued import PaperAccounts
from core.clock.resolutions import parse_resolution
from core.clock.times import format_time
from core.errors import Conflict, NotFound
from core.series import Market
from core.signals import signal_model
from core.trading.accounts import Limits
from core.trading.decisions import Offer, TradingConfig
from core.trading.instruments import instrument_of
from storage.access.access_keys import TRADER
from storage.stores import Stores
from storage.trading.decisions import ShownDecision
from storage.trading.offers import offer_of
from trading.decide import Known, decide

_SIDES = {"long": "buy", "short": "sell"}


class ProposeTool:
    """Decides as the trader would, and leaves the decision pending; nothing is ordered.

    Prices, exits and size are the signal's and the account's, never the model's.
    """

    route = RouteOfTool("/api/v1/auto-trade/decisions/{decision_id}/confirm", "POST", (TRADER,))

    def __init__(
        self,
        stores: Stores,
        symbols: SymbolResolver,
        accounts: PaperAccounts,
        limits: Limits,
    ) -> None:
        self._stores = stores
        self._symbols = symbols
        self._accounts = accounts
        self._limits = limits

    async def __call__(self, caller: Caller, asked: ProposalArguments) -> ProposalResult:
        """Return the decision that waits.

        Raises `NotFound` without a sealed signal, and `Conflict` where it does not advise that
        side, or anything else speaks against it.
        """
        found = await in_thread(self._propose, caller, asked)
        decision = found.decision
        return ProposalResult(
            id=decision.id,
            symbol=asked.symbol,
            action=decision.action,
            state=found.state,
            valid_until=format_time(decision.valid_until),
            seq=decision.signal_seq,
        )

    def _propose(self, caller: Caller, asked: ProposalArguments) -> ShownDecision:
        market = self._symbols.market(asked.symbol, None, caller.account)
        self._symbols.check_in_plan(caller.account, market)
        kept = self._stores.decisions.config(caller.number)
        config = msgspec.structs.replace(kept.config, require_confirmation=True)
        offer = self._offer(market, config)
        if not offer.acts or offer.side != _SIDES[asked.direction]:
            raise Conflict(f"The current signal of {asked.symbol} is not {asked.direction}.")
        decision = decide(offer, config, kept.version, self._known(caller.number, market))
        if decision.order is None:
            raise Conflict(decision.reasoning)
        return self._stores.decisions.propose(caller.number, decision)

    def _offer(self, market: Market, config: TradingConfig) -> Offer:
        wanted = market._asdict() | {
            "resolution": parse_resolution(config.timeframe),
            "model": signal_model(config.rr_config),
        }
        rows = self._stores.sealed.newest_of(wanted, 1)
        if not rows:
            raise NotFound(f"No signal of {market} on {config.timeframe} is sealed.")
        return offer_of(rows[0])

    def _known(self, number: int, market: Market) -> Known:
        valued = self._accounts.value(number)
        instrument = instrument_of(self._stores.markets.get(market))
        wanted = [one.instrument for one in valued.account.positions.values()]
        wanted += [instrument] if instrument else []
        price, rate = self._accounts.price, self._accounts.rate
        return Known(
            now=valued.at,
            account=valued.account,
            state=valued.state,
            instrument=instrument,
            prices={str(one.market): found for one in wanted if (found := price(one))},
            rates={
                one.quote: worth
                for one in wanted
                if (worth := rate(one, valued.account, valued.at))
            },
            limits=self._limits,
        )
