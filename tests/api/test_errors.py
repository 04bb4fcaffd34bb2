"""What can go wrong with a recorder."""

from custom_components.call_recorder.api.errors import (
    CannotConnectError,
    ErrorKey,
    RefusedError,
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
