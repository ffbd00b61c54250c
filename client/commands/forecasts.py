"""`tickcast train`, `tickcast predict`, `tickcast models`."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from client.commands.output import (
    AsJson,
    ModelId,
    ModelName,
    Wait,
    answer,
    connect,
    facts,
    moment,
    number,
    percent,
    show,
    table,
)
from client.commands.tasks import plain, task_view
from client.forecasts import Forecast, PathForecast, Skill, horizon_scores, only_last_price
from core.clock.resolutions import resolution_name

models = typer.Typer(help="Trained models: list, show, delete.")
ONLY_LAST_PRICE = (
    "The training found nothing that adds to last price: the forecast is last price itself, "
    "and only its intervals are learned."
)
Series = Annotated[str | None, typer.Option(help="Another series than the one trained on.")]


class Normalization(StrEnum):
    """How a network sees prices."""

    RETURNS = "returns"
    ZSCORE = "zscore"
    MINMAX = "minmax"


def train(
    model_name: ModelName,
    model_id: ModelId,
    symbol: Annotated[str, typer.Option(help="Symbol to learn from.")],
    resolution: Annotated[str, typer.Option(help="Length of a candle: 1m, 5m, 1h, 1d.")],
    platform: Annotated[str | None, typer.Option(help="The server's default if left out.")] = None,
    seq_len: Annotated[int, typer.Option(help="Candles that a forecast looks back on.")] = 60,
    nsteps: Annotated[int, typer.Option(help="Candles ahead, fixed at training.")] = 1,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data at most.")] = None,
    units: Annotated[int | None, typer.Option(help="Width of the network.")] = None,
    normalization: Annotated[Normalization | None, typer.Option(help="Of the inputs.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed and data: same model.")] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a model of this name.")] = False,
    fetch_start: Annotated[str | None, typer.Option(help="First fetch candles from here.")] = None,
    fetch_end: Annotated[str | None, typer.Option(help="Last candle to fetch; else now.")] = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Train an LSTM, score it walk-forward against last price, and save it."""
    if fetch_start is None and fetch_end is not None:
        raise typer.BadParameter("--fetch-end needs --fetch-start")
    options: dict[str, Any] = {"epochs": epochs, "units": units, "normalization": normalization,
                               "seed": seed, "overwrite": overwrite or None}  # fmt: skip
    fetch = (fetch_start, fetch_end) if fetch_start is not None else None
    with connect(as_json) as tickcast:
        task = tickcast.train(
            model_name, model_id, symbol=symbol, resolution=resolution, platform=platform,
            fetch=fetch, wait=wait, seq_len=seq_len, nsteps=nsteps, **options,
        )  # fmt: skip
    answer(as_json, task, lambda task: training_view(task.result) if wait else task_view(task))


def predict(
    model_name: ModelName,
    model_id: ModelId,
    nsteps: Annotated[
        int | None, typer.Option(min=0, help="All steps of the path; 0: as many as trained.")
    ] = None,
    platform: Series = None,
    symbol: Series = None,
    resolution: Series = None,
    as_json: AsJson = False,
) -> None:
    """Forecast the next candle's close, or with --nsteps the path ahead."""
    series = {"platform": platform, "symbol": symbol, "resolution": resolution}
    with connect(as_json) as tickcast:
        forecast: Forecast | PathForecast = (
            tickcast.predict(model_name, model_id, **series)
            if nsteps is None
            else tickcast.predict_nsteps(model_name, model_id, nsteps=nsteps or None, **series)
        )
    answer(as_json, forecast, forecast_view)


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, as_json: AsJson = False) -> None:
    """List the trained models."""
    if context.invoked_subcommand:
        return
    with connect(as_json) as tickcast:
        answer(as_json, tickcast.models(), _model_tables)


@models.command("show")
def show_model(model_name: ModelName, model_id: ModelId, as_json: AsJson = False) -> None:
    """Show what is recorded of a model."""
    with connect(as_json) as tickcast:
        model = tickcast.model(model_name, model_id)
    answer(as_json, model, lambda model: [facts(f"{model_name} {model_id}", plain(model))])


@models.command("delete")
def delete_model(
    model_name: ModelName,
    model_id: ModelId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a model and its files."""
    if not yes:
        typer.confirm(f"Delete model {model_name} {model_id}?", abort=True)
    with connect(False) as tickcast:
        tickcast.delete_model(model_name, model_id)
    show(f"Model {model_name} {model_id} is deleted.")


def _model_tables(found: list[dict[str, Any]]) -> list[Table]:
    plain_columns = ("name", "id", "platform", "symbol", "nsteps", "verdict")
    rows = [
        [*[model.get(column) for column in plain_columns],
         resolution_name(int(model["resolution"])), moment(model.get("created_at"))]
        for model in found
    ]  # fmt: skip
    columns = (*plain_columns, "resolution", "created (UTC)")
    return [table(f"Models ({len(found)})", columns, rows)]


def forecast_view(forecast: Forecast | PathForecast) -> list[Table | str]:
    """Return a forecast beside last price, with its intervals and what it is worth."""
    last = forecast.last_price
    coverages = sorted(forecast.steps[0].interval)
    rows = [
        (step.time, step.horizon, step.predicted, f"{step.predicted / last - 1:+.3%}",
         *[_span(step.interval[coverage]) for coverage in coverages])
        for step in forecast.steps
    ]  # fmt: skip
    spans = [f"{float(coverage):.0%} interval" for coverage in coverages]
    columns = ("candle of (UTC)", "ahead", "close", "change", *spans)
    model = f"{forecast.model.get('name')} {forecast.model.get('id')}"
    title = f"{model}: forecast from last price {number(last)}"
    return [table(title, columns, rows), *_meaning(forecast)]


def _meaning(forecast: Forecast | PathForecast) -> list[str]:
    told = [f"\n{forecast.skill}", forecast.warning]
    told.append(ONLY_LAST_PRICE if only_last_price(forecast) else None)
    return [sentence for sentence in told if sentence]


def _span(bounds: tuple[float, float]) -> str:
    return f"{number(bounds[0])} .. {number(bounds[1])}"


def training_view(result: dict[str, Any]) -> list[Table | str]:
    """Return the walk-forward errors of a training beside last price's, and the verdict."""
    rows = [
        (step["horizon"], step["mae"], step["last_price_mae"], percent(step["skill"], "+.2%"),
         percent(step["low"], "+.2%"), percent(step["high"], "+.2%"),
         percent(step["coverage_80"]), percent(step["coverage_95"]), step["verdict"])
        for step in map(horizon_scores, result["by_horizon"])
    ]  # fmt: skip
    columns = ("ahead", "abs. error", "last price's", "skill", "from", "to",
               "inside 80%", "inside 95%", "verdict")  # fmt: skip
    skill = result["scores"]["skill"]
    verdict = Skill(skill["value"], skill["low"], skill["high"], result["verdict"])
    return [table("Out-of-sample errors, in quote currency", columns, rows), f"\n{verdict}"]
