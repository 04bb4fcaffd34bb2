"""Telephone numbers: whether two are the same, and how much of one is shown."""

from hypothesis import given, strategies as st
import pytest

from custom_components.call_recorder.api.numbers import (
    as_dialed,
    digits,
    ends_with,
    hide_numbers,
    is_number,
    is_same,
    last_digits,
    mask,
    mask_numbers,
)

_SPELLINGS = (
    "+15551230001",
    "15551230001",
    "+1 555-123-0001",
    "+1 (555) 123.00.01",
    "1/555/1230001",
    "+1\u00a0555\u2011123\u20130001",
    " +1 555 123 0001 ",
    "\u202a+15551230001\u202c",
    "+1\u202f555\u2009123\u22120001",
    "1'555'123'0001",
    "\uff0b\uff11 \uff08\uff15\uff15\uff15\uff09 \uff11\uff12\uff13\uff0d\uff10\uff10\uff10\uff11",
    "+\u0661\u0665\u0665\u0665\u0661\u0662\u0663\u0660\u0660\u0660\u0661",
)


@pytest.mark.parametrize("one", _SPELLINGS)
@pytest.mark.parametrize("other", _SPELLINGS)
def test_spellings_of_one_number(one: str, other: str) -> None:
    """Whatever is written between the digits, the number is the same."""
    assert digits(one) == "15551230001"
    assert is_number(one)
    assert is_same(one, other)
    assert ends_with(one, other)


@pytest.mark.parametrize(
    "uri", ["tel:+1-555-123-0001", "TEL:+15551230001;ext=12", "sip:15551230001"]
)
def test_numbers_in_uris(uri: str) -> None:
    """A number in a URI is the number: neither scheme nor parameters belong to it."""
    assert is_same(uri, "+1 555 123 0001")
    assert ends_with(uri, "0001")
    assert not ends_with(uri, "12")


@pytest.mark.parametrize(
    ("typed", "dialed"),
    [
        (" 1-01 ", "101"),
        ("+1 (555) 123-0001", "+15551230001"),
        ("\uff0b\uff11\uff10\uff11", "+101"),
        ("tel:+1-555", "+1555"),
        ("*21", "*21"),
        (" Ann@PBX.example ", "Ann@PBX.example"),
        ("", ""),
    ],
)
def test_as_dialed(typed: str, dialed: str) -> None:
    """What is sent to a recorder has nothing between its digits."""
    assert as_dialed(typed) == dialed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("101", "2101"),
        ("101;ext=2", "1012"),
        ("reception1", "1"),
        ("101", "101@pbx.example"),
        ("*21", "21"),
        ("101", None),
        (None, None),
        ("", ""),
    ],
)
def test_different_numbers(one: str | None, other: str | None) -> None:
    """Whole numbers are compared, and what is not reported is the same as no other."""
    assert not is_same(one, other)


@pytest.mark.parametrize("number", ["sip:Ann@pbx.example", "ANN@pbx.example"])
def test_sip_addresses(number: str) -> None:
    """A SIP address is compared as a whole, without its scheme, in small letters."""
    assert is_same(number, "ann@PBX.example")
    assert ends_with(number, "ann@pbx.example")
    assert not ends_with(number, "pbx.example")
    assert not is_number(number)


@pytest.mark.parametrize("end", ["0001", "30001", "123-0001", "555 123 00 01"])
def test_last_digits(end: str) -> None:
    """A number is found by its last digits, however they are written."""
    assert ends_with("+1 (555) 123-0001", end)
    assert not ends_with("+1 (555) 123-0002", end)


@pytest.mark.parametrize("end", ["", " ", "-", "+"])
def test_no_digits_are_no_number(end: str) -> None:
    """What has no digits is the end of no number."""
    assert not ends_with("+15551230001", end)
    assert not ends_with(None, end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+15557654321", "•••••••••321"),
        ("101", "101"),
        ("2101", "•101"),
        ("Ann", "Ann"),
        ("Ann +15557654321", "Ann •••••••••321"),
        ("+15557654321<+15557654321>", "•••••••••321<•••••••••321>"),
        ("Ann +1\u00a0555\u2011765", "Ann " + "•" * 7 + "765"),
        ("Ann 0049\u202f30\u202f123456", "Ann " + "•" * 11 + "456"),
        ("Ann 1'555'123'0001", "Ann " + "•" * 11 + "001"),
        (
            "Ann \uff0b\uff11\uff15\uff15\uff15\uff11\uff12",
            "Ann ••••\uff15\uff11\uff12",
        ),
        ("Ann \u202a+15557654321\u202c", "Ann \u202a•••••••••321\u202c"),
        ("tel:+15557654321", "tel:•••••••••321"),
        ("Room 12", "Room 12"),
        ("", ""),
    ],
)
def test_mask_numbers(text: str, expected: str) -> None:
    """A name that is a number, or has one in it, shows its last digits only."""
    assert mask_numbers(text) == expected


def test_mask() -> None:
    """The last three digits of a number are shown."""
    assert mask("+1 555-123-0001") == "•" * 12 + "001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The page is too large", "The page is too large"),
        ("+15551234567 is unknown", "… is unknown"),
        ("No user on 0039 (0584) 943-232.", "No user on …."),
        ("+1\u00a0555\u2011765 is busy", "… is busy"),
        ("code 1234", "code 1234"),
    ],
)
def test_hide_numbers(text: str, expected: str) -> None:
    """A recorder's own words are shown without numbers of people."""
    assert hide_numbers(text) == expected


@given(
    st.text("abc ,.:"), st.from_regex(r"\+?[1-9]\d{5,14}", fullmatch=True), st.text()
)
def test_hide_numbers_anywhere(before: str, number: str, after: str) -> None:
    """Wherever a phone number stands in a text, it is not shown."""
    assert number not in hide_numbers(f"{before} {number} {after}")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+39 055 1234298", "•••298"),
        ("1234", "•••234"),
        ("101", "101"),
        ("anonymous", None),
        ("sip:ann@pbx.example", None),
        ("", None),
        (None, None),
    ],
)
def test_in_little_room(number: str | None, shown: str | None) -> None:
    """A list shows three digits; what is no number may be a name and is not shown."""
    assert last_digits(number) == shown
