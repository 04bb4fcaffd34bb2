"""What can go wrong with a recorder."""

import pytest

from custom_components.call_recorder.api.errors import (
    CannotConnectError,
    ErrorKey,
    RefusedError,
    UnexpectedResponseError,
)


def test_unknown_refusal() -> None:
    """A refusal that no document names keeps the recorder's words, cut and cleaned."""
    error = RefusedError.unknown("7" * 100_000, "+15551234567 " + "x" * 100_000)
    assert error.key is ErrorKey.REQUEST_REFUSED
    assert error.code == "…"
    assert error.text == ("… " + "x" * 200)[:200]
    assert RefusedError.unknown("400/12", None).code == "400/12"
    assert RefusedError.unknown("70999", None).text == ""


def test_the_text_of_an_error() -> None:
    """An error can be logged as it is: it names its key and its detail."""
    assert str(CannotConnectError("HTTP 503")) == "cannot_connect: HTTP 503"
    assert str(CannotConnectError()) == "cannot_connect"


@pytest.mark.parametrize(
    "number",
    ["5551234567", "+1 (555) 123-4567", "555.123.4567", "٥٥٥١٢٣٤٥٦٧", "9" * 99],
)
def test_codes_without_numbers(number: str) -> None:
    """A recorder's code is kept short and without numbers, whatever the error."""
    for error in (
        RefusedError(ErrorKey.RECORDER_ERROR, code=f"busy {number}" + "x" * 100_000),
        RefusedError.unknown(f"busy {number}" + "x" * 100_000, None),
        UnexpectedResponseError(f"busy {number}" + "x" * 100_000),
    ):
        shown = str(error).partition(": ")[2]
        assert len(shown) == 64
        assert sum(character.isdecimal() for character in shown) == 0
    assert RefusedError(ErrorKey.RECORDER_ERROR, code="70999").code == "70999"
    assert str(UnexpectedResponseError("HTTP 418")) == "unexpected_response: HTTP 418"
