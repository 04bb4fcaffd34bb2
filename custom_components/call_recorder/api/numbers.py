"""Telephone numbers: whether two are the same, and how much of one is shown."""

import re
from typing import Final

_SHOWN_DIGITS: Final = 3
_SEPARATORS: Final = " \t\u00a0\u2010\u2011\u2012\u2013+()/.-"
"""What people write between the digits of a number."""
_NO_SEPARATORS: Final = str.maketrans("", "", _SEPARATORS)
_NUMBER_IN_TEXT: Final = re.compile(r"\+?\d[\d \t\u00a0\u2010-\u2013()/.-]{3,}\d")


def digits(number: str) -> str:
    """Return the digits of a number."""
    return "".join(filter(str.isdecimal, number))


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


def comparable(number: str) -> str:
    """Return what is compared: a number's digits, a SIP address in small letters.

    Empty where there is nothing to compare.
    """
    plain = number.translate(_NO_SEPARATORS)
    if plain.isdecimal():
        return plain
    return number.strip().casefold().removeprefix("sip:").removeprefix("tel:")
