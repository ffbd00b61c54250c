"""Halts accounts that break the rule which was stated for them."""

import logging

from storage.trading.accounts import AccountStore
from storage.trading.stop_rules import StopRuleStore
from tasks.trading.carry_out import Trader
from trading.stopping import standing

logger = logging.getLogger("trader")


class StoppingRules:
    """May raise `DatabaseUnavailable` or `LeaseLost`."""

    def __init__(self, rules: StopRuleStore, accounts: AccountStore, trader: Trader) -> None:
        self._rules = rules
        self._accounts = accounts
        self._trader = trader
        self._looked: dict[int, int] = {}

    def look(self, token: str) -> int:
        """Hold every account to which something happened against its rule; returns the halted."""
        halted = 0
        for account_id in self._rules.accounts():
            kept = self._accounts.kept(account_id)
            if kept is None or self._looked.get(account_id) == kept.number:
                continue
            self._looked[account_id] = kept.number
            evidence = self._rules.evidence(account_id)
            broken = "" if evidence is None else standing(evidence).broken
            if broken and kept.account.state != "HALTED":
                logger.warning("account %d is halted by its stopping rule: %s", account_id, broken)
                self._trader.halt(token, account_id, f"stopping rule: {broken}")
                halted += 1
        return halted
