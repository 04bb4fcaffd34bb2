"""Telephone numbers: whether two are the same, and how much of one is shown."""

import re
from typing import Final
from unicodedata import decimal, normalize

_SHOWN_DIGITS: Final = 3
_INVISIBLE: Final = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""What is pasted along with a number: address books mark where its digits start."""
_SEPARATORS: Final = (
    " \t'+()/.-\u00a0\u2007\u2009\u2010\u2011\u2012\u2013\u2014\u2019\u202f\u2212"
    f"\uff08\uff09\uff0b\uff0d\u3000{_INVISIBLE}"
)
"""What people write between the digits of a number."""
_NO_SEPARATORS: Final = str.maketrans("", "", _SEPARATORS)
_NUMBER_IN_TEXT: Final = re.compile(
    rf"[+\uff0b]?\d[\d{re.escape(_SEPARATORS)}]{{3,}}\d"
)
_NUMBER_IN_CODE: Final = re.compile(rf"\d(?:[{re.escape(_SEPARATORS)}]*\d){{5,}}")
"""No code of any recorder has so many digits, and every telephone number has."""
_SCHEMES: Final = ("sip:", "sips:", "tel:")
BETWEEN_NUMBERS: Final = ",;\u3001\uff0c\uff1b"
"""What people write between several numbers, beside blanks."""
_NUMBER_IN_LIST: Final = re.compile(rf"[^\s{BETWEEN_NUMBERS}]+")


def digits(number: str) -> str:
    """Return the digits of a number."""
    return "".join(str(decimal(digit)) for digit in number if digit.isdecimal())


def split_numbers(text: str) -> list[str]:
    """Return the numbers of a list that was pasted as one text."""
    return _NUMBER_IN_LIST.findall(text)


def is_number(text: str) -> bool:
    """Return whether a text is a telephone number and nothing else."""
    return text.translate(_NO_SEPARATORS).isdecimal()


def is_same(one: str | None, other: str | None) -> bool:
    """Return whether two spellings mean the same number or SIP address.

    A number that is not given is the same as no other.
    """
    if not one or not other:
        return False
    return comparable(one) == comparable(other)


def ends_with(number: str | None, wanted: str) -> bool:
    """Return whether a number is the wanted one: the whole number or its last digits."""
    if not number or not (end := comparable(wanted)):
        return False
    whole = comparable(number)
    return whole.endswith(end) if end.isdecimal() else whole == end


def mask(number: str) -> str:
    """Return a number of which only the last three digits are shown."""
    hidden = max(len(number) - _SHOWN_DIGITS, 0)
    return "•" * hidden + number[hidden:]


def last_digits(number: str | None) -> str | None:
    """Return how a list shows a number in little room; `None` for what is no number."""
    if number is None or not is_number(number):
        return None
    plain = digits(number)
    hidden = "•••" if len(plain) > _SHOWN_DIGITS else ""
    return hidden + plain[-_SHOWN_DIGITS:]


def mask_numbers(text: str) -> str:
    """Return a text, for example a name, in which the numbers are masked."""
    if is_number(text):
        return mask(text)
    return _NUMBER_IN_TEXT.sub(lambda match: mask(match[0]), text)


def hide_numbers(text: str) -> str:
    """Return a text in which an ellipsis stands for each number."""
    return _NUMBER_IN_TEXT.sub("…", text)


def hide_numbers_in_code(code: str) -> str:
    """Return a recorder's code, in which an ellipsis stands for each longer number."""
    return _NUMBER_IN_CODE.sub("…", code)


def comparable(number: str) -> str:
    """Return what is compared: a number's digits, a SIP address in small letters.

    Empty where there is nothing to compare.
    """
    text = number.strip().casefold()
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    # Behind a semicolon are parameters (RFC 3966, RFC 3261).
    plain = text.partition(";")[0].translate(_NO_SEPARATORS)
    return digits(plain) if plain.isdecimal() else text


def as_dialed(number: str) -> str:
    """Return a number as a recorder keeps it: its digits, behind a "+" if it has one.

    A SIP address, or the name of a phone, is returned as it is.
    """
    plain = comparable(number)
    if not plain.isdecimal():
        return number.strip()
    return f"+{plain}" if "+" in normalize("NFKC", number) else plain
