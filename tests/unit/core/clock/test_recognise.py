"""The clock of a file's times is told by when its market opens, and by its changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.candle_files.parsed import ReadOptions
from core.candle_files.read import read_csv, read_values
from core.clock.clocks import Clock
from core.clock.recognise import USUAL, recognise_clock

HOUR = 3_600
NEW_YORK = ZoneInfo("America/New_York")


def _foreign_exchange(at: datetime) -> bool:
    """Open from Sunday 17:00 to Friday 17:00 in New York."""
    return not 4 * 24 + 17 <= at.weekday() * 24 + at.hour < 6 * 24 + 17


def _metals(at: datetime) -> bool:
    """Open from Sunday 18:00, and closed for an hour from 17:00 each day."""
    return _foreign_exchange(at) and at.hour != 17


def _openings(is_open: Callable[[datetime], bool], first: datetime, weeks: int) -> list[int]:
    begin = int(first.timestamp())
    times = range(begin, begin + weeks * 7 * 24 * HOUR, HOUR)
    return [time for time in times if is_open(datetime.fromtimestamp(time, NEW_YORK))]


YEAR = datetime(2024, 1, 1, tzinfo=UTC)
EXCHANGE, METALS = (_openings(market, YEAR, 52) for market in (_foreign_exchange, _metals))
AROUND_THE_CLOCK = _openings(lambda at: True, YEAR, 52)


def _shown(times: list[int], zone: str) -> list[float]:
    return [Clock(zone).of_utc(time) for time in times]


@pytest.mark.parametrize("zone", [*USUAL, "UTC+3", "UTC+9", "NY+3"])
def test_a_year_of_foreign_exchange_tells_its_clock(zone: str) -> None:
    assert recognise_clock(_shown(EXCHANGE, zone)).clocks[0] == zone


@pytest.mark.parametrize("zone", ["UTC", "NY+7", "America/New_York", "UTC-5"])
def test_metals_that_open_an_hour_later_tell_the_usual_clocks(zone: str) -> None:
    assert recognise_clock(_shown(METALS, zone)).clocks[0] == zone


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Europe/Berlin", "EET"])
def test_a_market_that_never_closes_tells_its_clock_by_both_changes(zone: str) -> None:
    assert recognise_clock(_shown(AROUND_THE_CLOCK, zone)).clocks == [zone]
    assert recognise_clock([float(time) for time in AROUND_THE_CLOCK]).clocks == []


def test_a_few_winter_weeks_leave_the_clocks_of_one_offset_open() -> None:
    assert recognise_clock(_shown(EXCHANGE[:500], "EET")).clocks[:2] == ["NY+7", "EET"]
    assert recognise_clock(_shown(EXCHANGE[:500], "UTC")).clocks[0] == "UTC"


def test_shares_that_open_at_09_30_are_by_new_yorks_clock() -> None:
    days = [24 * HOUR * day + 9 * HOUR + 1_800 + HOUR * n for day in range(19_800, 19_840)
            if (day + 3) % 7 < 5 for n in range(7)]  # fmt: skip
    assert recognise_clock(days).clocks == ["America/New_York"]
    assert recognise_clock([day + 7 * HOUR for day in days]).clocks == ["NY+7"]


@pytest.mark.parametrize("few", [0, 1, 2, 30])
def test_too_few_times_tell_nothing(few: int) -> None:
    assert recognise_clock([float(time) for time in EXCHANGE[:few]]).clocks == []


def _csv(times: list[int], zone: str, form: str) -> bytes:
    walls = (datetime.fromtimestamp(Clock(zone).of_utc(time), UTC) for time in times)
    lines = (f"{at.strftime(form)},1,2,1,2,3" for at in walls)
    return "\n".join(["time,open,high,low,close,volume", *lines, ""]).encode()


@pytest.mark.parametrize("zone", ["NY+7", "America/New_York", "Europe/Berlin", "UTC+3"])
@pytest.mark.parametrize("form", ["%Y.%m.%d %H:%M", "%s"])
def test_a_file_by_another_clock_is_warned_of_and_is_right_by_the_zone_that_is_named(
    zone: str, form: str
) -> None:
    content = _csv(EXCHANGE, zone, "%Y-%m-%d %H:%M:%S")
    if form == "%s":  # as programs of brokers count
        rows = [[wall, 1, 2, 1, 2, 3] for wall in _shown(EXCHANGE, zone)]
        unsaid, read = read_values(rows, ReadOptions()), read_values(rows, ReadOptions(zone=zone))
    else:
        unsaid = read_csv(content, ReadOptions())
        read = read_csv(content, ReadOptions(zone=zone))

    assert f"Most likely they are zone={zone}" in unsaid.warnings[0]
    assert [row[0] for row in read.rows] == EXCHANGE
    assert read.warnings == []


def test_epoch_numbers_that_are_utc_stay_so_whatever_the_markets_zone() -> None:
    rows = [[time, 1, 2, 1, 2, 3] for time in EXCHANGE]
    for zone in ("", "America/New_York", "NY+7"):
        read = read_values([list(row) for row in rows], ReadOptions(zone=zone))
        assert [row[0] for row in read.rows] == EXCHANGE
        assert read.warnings == []


def test_a_zone_that_the_openings_contradict_is_warned_of() -> None:
    read = read_csv(_csv(EXCHANGE, "NY+7", "%Y-%m-%d %H:%M"), ReadOptions(zone="Asia/Tokyo"))

    assert "do not fit zone=Asia/Tokyo. Most likely they are zone=NY+7" in read.warnings[0]


def test_an_hour_left_out_where_clocks_go_forward_is_warned_of() -> None:
    march = [time for time in AROUND_THE_CLOCK if time < YEAR.timestamp() + 100 * 24 * HOUR]
    read = read_csv(_csv(march, "America/New_York", "%Y-%m-%d %H:%M"), ReadOptions())

    assert "An hour is missing just where clocks go forward" in read.warnings[0]
    assert "zone=America/New_York" in read.warnings[0]


@pytest.mark.parametrize("zone", ["UTC-5", "UTC"])
def test_histdata_is_known_by_the_week_of_its_market(zone: str) -> None:
    lines = _csv(EXCHANGE, zone, "%Y%m%d %H%M%S").decode().splitlines()[1:]
    content = "\n".join(lines).replace(",", ";").encode()
    if zone == "UTC":
        with pytest.raises(Exception, match="by its openings this is zone=UTC"):
            read_csv(content, ReadOptions())
        return
    read = read_csv(content, ReadOptions())

    assert (read.recognised.format, read.recognised.guessed) == ("histdata", True)
    assert read.recognised.times == "written times by the clock of UTC-5"
    assert [row[0] for row in read.rows] == EXCHANGE
