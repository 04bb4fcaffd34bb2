"""What the option "Mask phone numbers" hides."""

from typing import Final

_SHOWN_DIGITS: Final = 3


def mask_number(number: str | None) -> str | None:
    """Show only the last digits of a phone number."""
    if number is None:
        return None
    hidden = max(len(number) - _SHOWN_DIGITS, 0)
    return "•" * hidden + number[hidden:]
