"""Dates: a told form keeps the time of day and the zone, ends of time are said, and no day is a traceback."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources.table import load

WORDS = ("amber", "basalt", "chalk")


def own(folder, days, **settings):
    """A table of sixty rows with a column of days, repeated, a number and a class."""
    rows = [f"{days[at % len(days)]},{at % 7},{WORDS[at // 3 % 3]}" for at in range(60)]
    (folder / "own.csv").write_text("\n".join(["day,count,class", *rows, ""]))
    return load(folder, 0, file="own", **settings)


def days_of(raw):
    return next(column.cells.tolist() for column in raw.x if column.name == "day")


FORMS = {
    "%d.%m.%Y %H:%M": ("31.01.2024 14:30", "2024-01-31T14:30:00"),
    "%d/%m/%Y %I:%M %p": ("31/01/2024 02:30 PM", "2024-01-31T14:30:00"),
    "%d.%m.%y": ("31.01.24", "2024-01-31"),
    "%Y%m%d": ("20240131", "2024-01-31"),
    "%d.%m.%Y %H:%M %z": ("01.02.2024 00:30 +0200", "2024-01-31T22:30:00"),
    "%Y-%m-%d %H:%M:%S.%f%z": ("2024-01-31 23:30:00.250-0100", "2024-02-01T00:30:00.250000"),
}


@pytest.mark.parametrize(("form", "cell", "expected"), [(form, *rest) for form, rest in FORMS.items()], ids=FORMS)
def test_a_told_form_keeps_all_that_it_tells(tmp_path, form, cell, expected):
    raw = own(tmp_path, [cell, "?"], columns={"day": form})
    assert days_of(raw)[:2] == [expected, None] and raw.card["form"]["days"] == {"day": form}


@pytest.mark.parametrize("form", ["%H:%M", "%d.%m.", "%d %B", "day"])
def test_a_form_without_a_year_is_refused(tmp_path, form):
    told = "or the form of its dates with their year, such as %d/%m/%Y"
    with pytest.raises(
        InputError, match=f"^columns: day: given '{form}', allowed number, category, date, drop, {told}$"
    ):
        own(tmp_path, ["14:30", "15:00"], columns={"day": form})


@pytest.mark.parametrize(
    ("cell", "settings"),
    [
        ("9999-12-31T23:59:59-05:00", {}),
        ("0001-01-01T00:00:00+05:00", {}),
        ("31.12.9999 23:59 -0500", {"columns": {"day": "%d.%m.%Y %H:%M %z"}}),
    ],
)
def test_a_time_beyond_all_years_is_no_day(tmp_path, cell, settings):
    with pytest.raises(InputError, match="allowed a day that there is"):
        own(tmp_path, [cell, cell], **settings)


def test_nanoseconds_are_read_to_the_microsecond(tmp_path):
    assert days_of(own(tmp_path, ["2024-01-31T10:30:15.123456789"]))[0] == "2024-01-31T10:30:15.123456"


ENDS = {
    "9999-12-31": ("9999-12-31", 1),
    "31.12.2999": ("2999-12-31", 15),
    "0001-01-01": ("0001-01-01", 15),
    "9999-12-31T00:00:00": ("9999-12-31", 15),
    "01.01.1900": ("1900-01-01", 15),
}


@pytest.mark.parametrize(("end", "day", "count"), [(end, *rest) for end, rest in ENDS.items()], ids=ENDS)
def test_a_day_that_stands_for_an_open_end_is_said_and_may_be_a_gap(tmp_path, end, day, count):
    form = "%d.%m.%Y" if "." in end else "%Y-%m-%d"
    plain = [(datetime(2024, 1, 1) + timedelta(at)).strftime(form) for at in range(60)]
    days = [end if at % 4 == 0 and at < 4 * count else each for at, each in enumerate(plain)]
    (line,) = [line for line in own(tmp_path, days).findings if "open end" in line]
    told = f"column 'day': {day} in {count} rows, far from all else: if it stands for an open end or a missing day"
    assert line == f"{told}, set `missing: ['{day}']`"
    raw = own(tmp_path, days, missing=[day])
    assert [cell is None for cell in days_of(raw)] == [cell == end for cell in days]
    assert not any("open end" in line for line in raw.findings)


def test_days_that_are_near_each_other_are_no_ends(tmp_path):
    days = [f"{year}-01-31" for year in range(1960, 2020)]
    assert not any("open end" in line for line in own(tmp_path, days).findings)
    assert not any("open end" in line for line in own(tmp_path, ["2024-01-31", "2024-02-01"]).findings)


def in_parquet(folder, column, **settings):
    import pyarrow as pa
    from pyarrow import parquet

    place = np.arange(60)
    table = {"day": column, "count": place % 7, "class": [WORDS[at // 3 % 3] for at in range(60)]}
    parquet.write_table(pa.table(table), folder / "own.parquet")
    return load(folder, 0, file="own.parquet", **settings)


TIMES = [datetime(2024, 1, 1, 10, 30, 15, 123456) + timedelta(at) for at in range(60)]


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_parquet_with_nanoseconds_is_read_to_the_microsecond(tmp_path, zone):
    import pyarrow as pa

    exact = np.array(TIMES, "datetime64[ns]") + np.timedelta64(789, "ns")
    raw = in_parquet(tmp_path, pa.array(exact, pa.timestamp("ns", zone)))
    assert days_of(raw) == [each.replace(tzinfo=UTC).isoformat()[:26] for each in TIMES]


@pytest.mark.parametrize("form", ["date", "%d.%m.%Y"])
def test_dates_by_type_need_no_form(tmp_path, form):
    import pyarrow as pa

    raw = in_parquet(tmp_path, pa.array([each.date() for each in TIMES]), columns={"day": form})
    assert days_of(raw)[0] == "2024-01-01"


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([[1.0, 2.0]] * 60, "list<"),
        ([b"ab"] * 60, "binary"),
        ([{"a": 1}] * 60, "struct<"),
        ([timedelta(hours=3)] * 60, "duration"),
    ],
)
def test_a_column_that_is_no_cells_stops_nothing_once_it_is_dropped(tmp_path, cells, kind):
    with pytest.raises(InputError, match=rf"^own.parquet: column 'day': given {kind}.*: set `drop: \[day\]`$"):
        in_parquet(tmp_path, cells)
    for settings in ({"drop": ["day"]}, {"columns": {"day": "drop"}}):
        assert [column.name for column in in_parquet(tmp_path, cells, **settings).x] == ["count"]
    for key in ("label", "group"):
        with pytest.raises(InputError, match=rf"column 'day': given {kind}"):
            in_parquet(tmp_path, cells, **({"label": "class"} | {key: "day"}))
