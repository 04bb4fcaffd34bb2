"""Yeastar's integer ids (Query Recording List: id)."""

_FIRST_ID = 614


def yeastar_id(number: int) -> int:
    """Return the id of the recording with a running number."""
    return _FIRST_ID + number


def number_of_yeastar_id(identifier: int) -> int:
    """Return the running number behind a recording's id."""
    return identifier - _FIRST_ID
