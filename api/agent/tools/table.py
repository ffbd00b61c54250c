"""The agent's tools, each with the resource that tells the same."""

from api.agent.toolbox import CallerTool
from api.agent.tools.auto_trade import AutoTradeTool
from api.agent.tools.decisions import DecisionsTool
from api.agent.tools.ledger import LedgerTool
from api.agent.tools.phase import PhaseTool
from api.agent.tools.portfolio import PortfolioTool
from api.agent.tools.propose import ProposeTool
from api.agent.tools.ranges import RangeTool
from api.agent.tools.signal import RegimeTool, SignalTool
from api.agent.tools.skill import SkillTool
from api.agent.tools.snapshot import SnapshotTool
from api.forecasts.ledger import ScoreboardResource
from api.http.short_work import ShortWork
from api.markets.snapshot import SnapshotResource
from api.markets.symbol_resolver import SymbolResolver
from api.robots.offered import OfferedSlots
from api.signals.amd import AmdResource
from api.signals.answers import EngineAnswers
from api.signals.generate import GenerateSignal
from api.signals.ranges import PredictRange
from api.trading.decisions import DecisionsResource
from api.trading.status import StatusResource
from api.trading.valued import PaperAccounts
from core.settings import Settings
from core.signals import offered_horizons
from storage.stores import Stores


def callers_tools(
    stores: Stores,
    symbols: SymbolResolver,
    offered: OfferedSlots,
    work: ShortWork,
    settings: Settings,
) -> dict[str, CallerTool]:
    """Return what answers each tool of the agent's table, whoever asks."""
    ahead = offered_horizons(settings.signal_horizons)
    answers = EngineAnswers(stores, work, symbols, offered, ahead)
    accounts, signals = PaperAccounts(stores, symbols, settings), GenerateSignal(answers)
    return {
        "get_snapshot": SnapshotTool(SnapshotResource(stores, symbols)),
        "get_range": RangeTool(PredictRange(answers)),
        "get_signal": SignalTool(signals),
        "get_amd": PhaseTool(AmdResource(answers, stores.answers, work)),
        "get_regime": RegimeTool(signals),
        "get_skill": SkillTool(ScoreboardResource(stores), symbols),
        "get_ledger": LedgerTool(stores.sealed, offered, symbols),
        "get_portfolio": PortfolioTool(accounts),
        "get_decisions": DecisionsTool(DecisionsResource(stores, symbols, lambda: None)),
        "get_auto_trade": AutoTradeTool(StatusResource(accounts, stores, settings)),
        "propose_trade": ProposeTool(stores, symbols, accounts, settings.paper_limits),
    }
