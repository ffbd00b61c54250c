"""Commands of forecasts and slots: `tickcast forecast`, `evaluate`, `ledger`, `scoreboard`, ..."""

from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.table import Table

from client.commands.output import (
    AsJson,
    Platform,
    Resolution,
    Symbol,
    Wait,
    answer,
    connect,
    facts,
    moment,
    number,
    percent,
    table,
)
from client.commands.tasks import plain, task_view
from client.forecasts import HorizonForecast, SeriesForecast, verdict_sentence
from client.tasks import Task
from core.clock.resolutions import resolution_name
from core.models import CLOSE, known_models

FAILED = 1
USUAL_MODEL = "boosting"


Horizon = Annotated[int, typer.Option(help="Candles ahead.")]
ModelOption = Annotated[str, typer.Option(help=f"{', '.join(known_models(CLOSE))}, ...")]
Folds = Annotated[int | None, typer.Option(help="Folds of the walk-forward.")]
Seed = Annotated[int, typer.Option(help="Same seed and candles: same result.")]
Start = Annotated[str | None, typer.Option(help="From this opening on.")]
End = Annotated[str | None, typer.Option(help="Up to this opening.")]
LedgerName = Annotated[str, typer.Option(help="live, or the name that a replay told.")]


def evaluate(
    platform: Platform,
    symbol: Symbol,
    resolution: Resolution,
    horizon: Horizon = 1,
    model: ModelOption = USUAL_MODEL,
    folds: Folds = None,
    seed: Seed = 0,
    start: Start = None,
    end: End = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Judge a model by a purged walk-forward; nothing is kept."""
    slot = _slot(platform, horizon, model, seed, start, end)
    with connect(as_json) as tickcast:
        task = tickcast.evaluate(symbol, resolution, folds=folds, wait=wait, **slot)
    answer(as_json, task, lambda task: _scored(task, wait))


def forecast(
    platform: Platform,
    symbol: Symbol,
    resolution: Resolution,
    horizons: Annotated[
        list[int] | None, typer.Option("--horizon", min=1, help="Candles ahead; may come again.")
    ] = None,
    model: ModelOption = USUAL_MODEL,
    train: Annotated[bool, typer.Option(help="Train first what never was.")] = False,
    folds: Folds = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forecast closes of any series from its newest candle, by models that are trained."""
    with connect(as_json or as_csv) as tickcast:
        made = tickcast.forecast(
            symbol, resolution, horizons or [1], platform=platform, model=model,
            train=train, folds=folds,
        )  # fmt: skip
    if as_csv:
        print(made.frame.to_csv(date_format="%Y-%m-%dT%H:%M:%SZ"), end="")
    else:
        answer(as_json, made, _forecast_view)


def _forecast_view(made: SeriesForecast) -> list[RenderableType]:
    names = ("horizon", "time (UTC)", "predicted", "80%", "95%", "up", "verdict")
    rows = [
        (one.horizon, moment(one.time), one.predicted, _bounds(one, "0.8"), _bounds(one, "0.95"),
         percent(one.prob_up), one.verdict)
        for one in made.forecasts
    ]  # fmt: skip
    last = number(made.forecasts[0].baseline["last_price"])
    said = f"Last price {last}, as of {moment(made.as_of)} UTC."
    notes = [
        made.warning,
        "The market is closed now." * made.closed,
        "The newest candle seems cut short." * made.thin,
    ]
    title = f"{made.platform}:{made.symbol}:{resolution_name(made.resolution)} by {made.model}"
    return [table(title, names, rows), " ".join([said, *filter(None, notes)]), str(made.skill)]


def _bounds(one: HorizonForecast, level: str) -> str:
    low, high = one.interval[level]
    return f"{number(low)} to {number(high)}"


def train_slot(
    platform: Platform,
    symbol: Symbol,
    resolution: Resolution,
    horizon: Horizon = 1,
    model: ModelOption = USUAL_MODEL,
    folds: Folds = None,
    seed: Seed = 0,
    retrain_hours: Annotated[int | None, typer.Option(help="0: never by itself.")] = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Train a challenger for a slot; it is promoted, or it is said why not."""
    slot = _slot(platform, horizon, model, seed, None, None)
    with connect(as_json) as tickcast:
        task = tickcast.train_slot(
            symbol, resolution, folds=folds, retrain_hours=retrain_hours, wait=wait, **slot
        )
    answer(as_json, task, lambda task: _scored(task, wait))


def walk(
    platform: Platform,
    symbol: Symbol,
    resolution: Resolution,
    horizon: Horizon = 1,
    model: ModelOption = USUAL_MODEL,
    seed: Seed = 0,
    start: Start = None,
    end: End = None,
    retrain_every: Annotated[int | None, typer.Option(help="Candles between two fits.")] = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Walk a slot through the past as if live, into a ledger of its own."""
    slot = _slot(platform, horizon, model, seed, start, end)
    with connect(as_json) as tickcast:
        task = tickcast.replay(symbol, resolution, retrain_every=retrain_every, wait=wait, **slot)
    answer(as_json, task, lambda task: _scored(task, wait))


def ledger(name: LedgerName = "live", as_json: AsJson = False) -> None:
    """List the forecasts of a ledger."""
    with connect(as_json) as tickcast:
        frame = tickcast.ledger(name).reset_index()
    rows: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]
    columns = ("seq", "symbol", "resolution", "horizon", "model", "opening", "made_at",
               "predicted", "low_80", "high_80", "last_price", "realised")  # fmt: skip
    shown = [[_known(row[column]) for column in columns] for row in rows]
    plain_rows = [{key: _known(value) for key, value in row.items()} for row in rows]
    answer(as_json, plain_rows, lambda _: [table(f"Ledger {name}", columns, shown)])


def verify(
    name: Annotated[str | None, typer.Option(help="One ledger; else all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the ledger, on the server and here; exit 1 if it is not what it was."""
    with connect(as_json) as tickcast:
        found = tickcast.verify_ledger(name)
    answer(as_json, found, _verified)
    if not found["ok"]:
        raise typer.Exit(FAILED)


def scoreboard(name: LedgerName = "live", as_json: AsJson = False) -> None:
    """Show what each slot's forecasts in the ledger are worth."""
    with connect(as_json) as tickcast:
        rows = tickcast.scoreboard(name)
    columns = ("platform", "symbol", "resolution", "horizon", "model", "n", "missed", "mae",
               "last price's", "skill", "from", "to", "verdict")  # fmt: skip
    answer(as_json, rows, lambda rows: [table("Scoreboard", columns, map(_board_row, rows))])


def leaktest(
    platform: Platform, symbol: Symbol, resolution: Resolution, as_json: AsJson = False
) -> None:
    """Recompute every feature on truncated history; exit 1 if one knows the future."""
    with connect(as_json) as tickcast:
        found = tickcast.leak_test(symbol, resolution, platform=platform)
    answer(as_json, found, lambda found: [facts("Features", found["features"])])
    if not found["ok"]:
        raise typer.Exit(FAILED)


def _slot(
    platform: str, horizon: int, model: str, seed: int, start: str | None, end: str | None
) -> dict[str, Any]:
    return {"platform": platform, "horizon": horizon, "model": model, "seed": seed,
            "start": start, "end": end}  # fmt: skip


def _scored(task: Task, waited: bool) -> list[Table | str]:
    """Return errors beside the baseline's, and what they say of the model."""
    if not waited or not task.result:
        return [*task_view(task)]
    result = task.result
    scores, baseline = result["scores"], result["baseline_scores"]
    names = ("mae", "rmse", "mape", "pinball", "brier", "log_loss")
    rows = [(name, scores.get(name), baseline.get(name)) for name in names]
    skill = scores.get("skill") or {}
    sentence = verdict_sentence(
        result["verdict"], skill.get("value"), skill.get("low"), skill.get("high")
    )
    told = plain({key: result.get(key) for key in ("n", "ledger", "promoted", "reason")})
    return [table("Scores", ("", "model", "baseline"), rows), facts("", told), f"\n{sentence}"]


def _verified(found: dict[str, Any]) -> list[Table]:
    columns = ("ledger", "ok", "rows", "events", "head", "first bad", "reason")
    rows = [
        (one["ledger"], "ok" if one["ok"] else "failed", one["rows"], one["events"], one["head"],
         one["first_bad"], one["reason"])
        for one in found["ledgers"]
    ]  # fmt: skip
    return [table(f"Ledgers ({found['recomputed']:,} rows recomputed here)", columns, rows)]


def _board_row(row: dict[str, Any]) -> list[Any]:
    skill = row["scores"].get("skill") or {}
    slot = [row[name] for name in ("platform", "symbol", "resolution", "horizon", "model")]
    errors = [row["scores"].get("mae"), row["baseline_scores"].get("mae")]
    bounds = [skill.get(name) for name in ("value", "low", "high")]
    return [*slot, row["n"], row["missed"], *errors, *bounds, row["verdict"]]


def _known(value: Any) -> Any:
    """Return a cell of a frame, None where it is NaN or not a time."""
    missing = value is None or value != value
    return None if missing else value.isoformat() if hasattr(value, "isoformat") else value
