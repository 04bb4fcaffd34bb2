"""Loosely typed answers are read liberally, and never guessed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.call_recorder.api.errors import UnexpectedResponseError
from custom_components.call_recorder.api.parsing import (
    as_bool,
    as_id,
    as_int,
    as_object,
    as_text,
    end_time,
    local_zone,
    parse_duration,
    parse_rows,
    parse_time,
    require_id,
    utc_offset,
)

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        # imagicle_get_active_recordings, Examples: "duration": "PT1M13S".
        ("PT1M13S", 73),
        ("PT0S", 0),
        ("P0D", 0),
        ("PT36H", 129_600),
        ("PT90M", 5_400),
        ("PT4000S", 4_000),
        ("P1DT2H3M4S", 93_784),
        ("P1D", 86_400),
        ("P2W", 1_209_600),
        ("P0.5W", 302_400),
        ("P1Y", 31_536_000),
        ("P1M", 2_592_000),
        ("P1Y2M3DT4H5M6S", 36_993_906),
        ("P1YT1S", 31_536_001),
        ("P1MT1M", 2_592_060),
        ("PT1.5S", 1.5),
        ("PT1,5S", 1.5),
        ("PT0.5H", 1_800),
        ("PT0,25M", 15),
        ("P0.5D", 43_200),
        ("PT12.3456789S", 12.345679),
        ("pt1m13s", 73),
        (" PT1M13S ", 73),
        # The alternative form, extended and basic.
        ("P0000-00-00T00:01:13", 73),
        ("P0000-00-01T00:00:00", 86_400),
        ("P0001-02-03T04:05:06", 36_993_906),
        ("P00000000T000113", 73),
        ("P0000-00-00T00:00:01,5", 1.5),
        ("P0000-00-00T00:00:01.5", 1.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    """An ISO 8601 duration is read in every form that the standard has."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "P",
        "PT",
        "P1DT",
        "P1",
        "PT1",
        "1M13S",
        "T1M13S",
        "PT13S1M",
        "P1M1Y",
        "P1S",
        "PT1D",
        "P1W2D",
        "P1WT1H",
        "PT-5S",
        "-PT5S",
        "+PT5S",
        "PT1.S",
        "PT.5S",
        "PT1M 13S",
        "PT1M13S\nPT1M13S",
        "PT\u0661S",
        "P0000-00-00",
        "P0000-00-00T00:01",
        "00:01:13",
        "73",
        "duration",
        "P101Y",
        "P99999999D",
        "P99999999999Y",
        "PT1e3S",
        "PTnanS",
        None,
        73,
        7.3,
        True,
        [],
        ["PT1M13S"],
        {},
    ],
)
def test_no_durations(value: Any) -> None:
    """What is no duration is nothing, and no error."""
    assert parse_duration(value) is None


@given(
    st.tuples(
        *(
            st.none() | st.integers(0, largest)
            for largest in (90, 12, 1_000, 10_000, 100_000, 10_000_000)
        )
    ).filter(lambda parts: any(part is not None for part in parts)),
    st.booleans(),
)
def test_durations_of_units(parts: tuple[int | None, ...], lower: bool) -> None:
    """Whatever units a duration is written in, their sum is read."""
    years, months, days, hours, minutes, seconds = parts
    text = "P" + "".join(
        f"{value}{unit}"
        for value, unit in ((years, "Y"), (months, "M"), (days, "D"))
        if value is not None
    )
    time = "".join(
        f"{value}{unit}"
        for value, unit in ((hours, "H"), (minutes, "M"), (seconds, "S"))
        if value is not None
    )
    text += f"T{time}" * bool(time)
    assert parse_duration(text.lower() if lower else text) == timedelta(
        days=(years or 0) * 365 + (months or 0) * 30 + (days or 0),
        hours=hours or 0,
        minutes=minutes or 0,
        seconds=seconds or 0,
    )


@given(
    st.timedeltas(timedelta(0), timedelta(days=3_000)),
    st.sampled_from([".", ","]),
    st.sampled_from([6, 7, 9]),
)
def test_durations_round_trip(duration: timedelta, mark: str, digits: int) -> None:
    """A duration that was written with a fraction of a second is read as it was."""
    minutes, rest = divmod(duration, timedelta(minutes=1))
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    second = f"{rest.seconds}{mark}{rest.microseconds:06}".ljust(
        len(str(rest.seconds)) + 1 + digits, "0"
    )
    assert parse_duration(f"P{day}DT{hour}H{minute}M{second}S") == duration
    assert parse_duration(f"PT{hours}H{minute}M{second}S") == duration


@given(st.text() | st.text("PTYMWDHS0123456789.,:-"))
def test_any_text_is_a_duration_or_none(text: str) -> None:
    """No text at all raises, and none is read as a negative duration."""
    assert (parse_duration(text) or timedelta(0)) >= timedelta(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # imagicle_get_active_recordings, Examples: seven digits and no zone.
        ("2018-07-02T15:07:00.0000000", datetime(2018, 7, 2, 15, 7)),
        ("2018-07-02T15:07:00", datetime(2018, 7, 2, 15, 7)),
        # Upload (kb 983): seven digits and Z.
        ("2018-09-25T13:00:00.0000000Z", datetime(2018, 9, 25, 13, tzinfo=UTC)),
        # Bandwidth: three digits and Z.
        (
            "2013-02-08T13:15:47.587Z",
            datetime(2013, 2, 8, 13, 15, 47, 587_000, tzinfo=UTC),
        ),
        ("2014-12-19T19:13:20Z", datetime(2014, 12, 19, 19, 13, 20, tzinfo=UTC)),
        (
            "2018-07-02T15:07:00.1234567-03:30",
            datetime(
                2018,
                7,
                2,
                15,
                7,
                0,
                123_456,
                timezone(timedelta(hours=-3, minutes=-30)),
            ),
        ),
        (" 2018-07-02T15:07:00Z ", datetime(2018, 7, 2, 15, 7, tzinfo=UTC)),
        # How .NET and others write that there is no date.
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00.0000000Z", None),
        ("9999-12-31T23:59:59.9999999", None),
        # ap-docs, getCallsCallIdRecordings: a second 65.
        ("2013-02-08T13:15:65.887Z", None),
        ("2018-02-30T00:00:00Z", None),
        ("02/07/2018 15:07", None),
        ("/Date(1530544020000)/", None),
        ("", None),
        ("now", None),
        (None, None),
        (1530544020, None),
        ([], None),
        ({}, None),
    ],
)
def test_times(text: Any, expected: datetime | None) -> None:
    """A time is read with any number of digits, with a zone or naive."""
    assert parse_time(text) == expected


@given(
    st.datetimes(
        datetime(2, 1, 1),
        datetime(9998, 12, 31),
        timezones=st.sampled_from([None, UTC]),
    ),
    st.text("0123456789", max_size=30),
)
def test_times_round_trip(time: datetime, more_digits: str) -> None:
    """A time that was written with more digits than we keep is read as it was."""
    zone = "" if time.tzinfo is None else "Z"
    naive = time.replace(tzinfo=None).isoformat(timespec="microseconds")
    assert parse_time(f"{naive}{more_digits}{zone}") == time


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    """No text at all raises."""
    time = parse_time(text)
    assert time is None or isinstance(time, datetime)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        (0, 0),
        ("7", 7),
        (" 7 ", 7),
        ("-1", -1),
        ("7.0", 7),
        (7.0, 7),
        (1 << 40, 1 << 40),
        (7.5, None),
        ("7.5", None),
        ("seven", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        # Behind 2**53 a float is not exact any more, and behind 2**63 nothing fits.
        (9007199254740993, 9007199254740993),
        ("9007199254740993", 9007199254740993),
        (float(1 << 53), None),
        ("1e300", None),
        (2**63, None),
        (str(2**63), None),
        ("1" * 1_000_000, None),
        ("1_000", None),
        (True, None),
        (None, None),
        ([7], None),
        ({}, None),
    ],
)
def test_numbers(value: Any, expected: int | None) -> None:
    """A whole number is read also where it came as a text."""
    assert as_int(value) == expected


@given(st.integers(-(1 << 53), 1 << 53))
def test_numbers_round_trip(number: int) -> None:
    """Every number that a JSON reader must be able to tell is read as it is."""
    assert as_int(number) == as_int(str(number)) == number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("user1", "user1"),
        (" user1 ", "user1"),
        (123456, "123456"),
        (9007199254740993, "9007199254740993"),
        (float(1 << 64), None),
        pytest.param(10**5000, None, id="huge"),
        (float("nan"), None),
        (float("inf"), None),
        (1.5, "1.5"),
        ("Ann \ud83d<+15550002222>", "Ann \ufffd<+15550002222>"),
        ("Ann\x00 \x1eOther", "Ann\ufffd \ufffdOther"),
        ("Ann\r\n\tOther\u2028", "Ann Other"),
        ("\x00", "\ufffd"),
        ("Zoë \U0001f600", "Zoë \U0001f600"),
        ("a" + " " * 1_000_000 + "b", "a"),
        ("x" * 1_000_000, "x" * 500),
        ("", None),
        ("  ", None),
        (None, None),
        (True, None),
        ([], None),
        ({"a": 1}, None),
    ],
)
def test_texts(value: Any, expected: str | None) -> None:
    """A text is read without blanks around it; a number counts as one."""
    assert as_text(value) == expected


@given(st.text(st.characters(codec=None)) | st.integers() | st.floats())
def test_every_text_can_be_written(value: Any) -> None:
    """Whatever came in, every JSON encoder accepts the text, and it stays as it is."""
    text = as_text(value)
    assert text is None or text.strip()
    assert orjson.loads(orjson.dumps(text)) == text
    assert as_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "P" + "1" * 1_000_000,
        "PT" + "1" * 1_000_000,
        "P1." + "1" * 1_000_000,
        "1" * 1_000_000 + "M",
        "2026-11-28T10:00:00." + "1" * 1_000_000,
        " " * 1_000_000,
    ],
)
def test_long_texts_are_no_times(text: str) -> None:
    """A text that is too long is not even looked at."""
    assert parse_duration(text) is None
    assert parse_time(text) is None
    assert as_int(text) is None


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        (datetime(2026, 11, 28, tzinfo=UTC), timedelta(0), "2026-11-28"),
        (datetime(2026, 11, 28, tzinfo=UTC), timedelta(days=1), "2026-11-29"),
        (datetime(9998, 11, 28, tzinfo=UTC), timedelta(days=36_000), None),
        (None, timedelta(0), None),
        (datetime(2026, 11, 28, tzinfo=UTC), None, None),
    ],
)
def test_ends(
    start: datetime | None, duration: timedelta | None, end: str | None
) -> None:
    """A recording of no length ended when it started; an impossible end is none."""
    found = end_time(start, duration)
    assert (found and f"{found:%Y-%m-%d}") == end


def test_unreadable_rows(caplog: pytest.LogCaptureFixture) -> None:
    """Rows that cannot be read are left out; one line of the log shows how many they are."""
    rows = [{"id": "a"}, {}, None, {"id": ["b"]}, {"id": "c" * 1000}]
    with caplog.at_level("DEBUG"):
        assert parse_rows(rows, require_id) == ("a",)
    assert [record.getMessage() for record in caplog.records] == [
        "Skipped 4 of 5 rows: no id"
    ]
    with pytest.raises(UnexpectedResponseError, match="no row can be read"):
        parse_rows(rows[1:], require_id)
    assert parse_rows([], require_id) == ()


def test_too_many_rows() -> None:
    """More rows than can be wanted are refused before the first one is parsed."""
    parsed: list[Any] = []
    with pytest.raises(UnexpectedResponseError, match="too many rows"):
        parse_rows([{}] * 100, parsed.append, limit=99)
    with pytest.raises(UnexpectedResponseError, match="too many rows"):
        parse_rows([{}] * 1_000_000, parsed.append)
    assert not parsed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("False", False),
        (" TRUE ", True),
        ("1", True),
        ("0", False),
        (1, True),
        (0, False),
        ("yes", None),
        ("", None),
        (None, None),
        ([], None),
        ({}, None),
        (1.5, None),
    ],
)
def test_truth_values(value: Any, expected: bool | None) -> None:
    """A truth value is read also where it came as a text or number."""
    assert as_bool(value) is expected


@pytest.mark.parametrize("value", [None, [], "row", 7, True])
def test_no_object(value: Any) -> None:
    """Whatever is no object has nothing in it."""
    assert as_object(value) == {}


def _positive(row: dict[str, Any]) -> int:
    """Parse a row of the tests below."""
    if (number := as_int(row.get("number"))) is None or number < 0:
        raise ValueError("no number")
    return number


def test_a_bad_row_costs_that_row_only(caplog: pytest.LogCaptureFixture) -> None:
    """The rows that can be read are, in their order; the log holds no content."""
    rows: list[Any] = [
        None,
        {"number": 1},
        "row",
        {"number": "x55512345"},
        {"number": 2},
        [],
    ]
    with caplog.at_level("DEBUG"):
        assert parse_rows(rows, _positive) == (1, 2)
    assert caplog.text.count("Skipped 4 of 6 rows: no number") == 1
    assert "x55512345" not in caplog.text


def test_no_rows() -> None:
    """An empty list is read as such."""
    assert parse_rows([], _positive) == ()


@pytest.mark.parametrize("rows", [[None], [{}], ["row", 7, []], [{"number": -1}] * 3])
def test_only_bad_rows(rows: list[Any]) -> None:
    """A list of which nothing can be read is no empty list."""
    with pytest.raises(UnexpectedResponseError):
        parse_rows(rows, _positive)


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": ""}, {"id": []}])
def test_a_row_without_an_id(row: dict[str, Any]) -> None:
    """A row needs an id."""
    with pytest.raises(ValueError, match="no id"):
        require_id(row)


@given(
    st.integers(-14 * 4, 14 * 4), st.timedeltas(timedelta(0), timedelta(seconds=400))
)
def test_offsets(quarters: int, late: timedelta) -> None:
    """Every zone is recognised, also where the two clocks are minutes apart."""
    offset = timedelta(minutes=15) * quarters
    utc = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
    local = (utc + offset).replace(tzinfo=None)
    assert utc_offset(local, utc + late) == offset
    assert utc_offset(local, utc - late) == offset


@pytest.mark.parametrize(
    "local",
    [
        datetime.min,
        datetime(2018, 7, 2, 15, 7),
        datetime(2026, 7, 3, 14, 8),
        datetime.max,
    ],
)
def test_no_offset(local: datetime) -> None:
    """Two times further apart than any zone show none."""
    assert utc_offset(local, datetime(2026, 7, 2, 12, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (None, ROME),
        (timedelta(hours=2), ROME),
        (timedelta(hours=1), timezone(timedelta(hours=1))),
        (timedelta(0), UTC),
        (
            timedelta(hours=-3, minutes=-30),
            timezone(timedelta(hours=-3, minutes=-30)),
        ),
    ],
)
def test_zone(offset: timedelta | None, expected: ZoneInfo | timezone) -> None:
    """Home Assistant's own zone is taken where it has the recorder's offset."""
    now = datetime(2026, 7, 2, 12, tzinfo=UTC)
    assert local_zone(offset, ROME, now) == expected


@pytest.mark.parametrize(
    "value",
    [None, "", "a" * 500, "a\u202eb", "a\u200bb", "a\x00b", "a\ud800b", True, {}],
    ids=repr,
)
def test_no_id(value: Any) -> None:
    """What is cut or cannot be seen is no id."""
    assert as_id(value) is None
    with pytest.raises(ValueError, match="no id"):
        require_id({"id": value})
