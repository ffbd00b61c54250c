"""Which signals are offered follows from the settings; what cannot be is refused at the start."""

from typing import Any

import pytest

from core.settings import Settings, WrongSetting, read_settings
from core.signals import OFFERED_HORIZONS


def settings(**values: Any) -> Settings:
    return Settings(**values, _env_file=None)


def test_nothing_is_offered_by_default() -> None:
    assert settings().offered_signals == []


def test_lengths_of_candles_have_their_horizons_unless_others_are_set() -> None:
    told = settings(
        signal_platform="mt5",
        signal_markets={"EURUSD": ["M15", "1h"], "XAUUSD": ["2h"]},
        signal_horizons={"H1": 24},
    )
    found = [(t.platform, t.symbol, t.resolution, t.horizon) for t in told.offered_signals]
    assert found == [
        ("mt5", "EURUSD", 900, OFFERED_HORIZONS[900]),
        ("mt5", "EURUSD", 3_600, 24),
        ("mt5", "XAUUSD", 7_200, 12),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MARKETS", '{"EURUSD": ["M17"]}'),
        ("MARKETS", '{"a b": ["M15"]}'),
        ("HORIZONS", '{"M15": 97}'),
    ],
)
def test_what_cannot_be_offered_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TICKCAST_SIGNAL_{name}", value)
    with pytest.raises(WrongSetting, match="TICKCAST_SIGNAL_MARKETS"):
        read_settings()
