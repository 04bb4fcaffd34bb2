"""What can go wrong with a recorder.

Each error knows its translation key. Its text holds no address, name, number
or secret, so it can be logged as it is.
"""

from typing import Final

_CALLER_CAN_MEND: Final = frozenset(
    {
        "already_recording",
        "invalid_mode",
        "invalid_recording_id",
        "line_not_found",
        "line_not_specified",
        "no_connected_call",
        "not_active_recording",
        "not_supported",
        "recording_not_found",
        "recording_pending",
    }
)


class RecorderError(Exception):
    """Anything that a recorder refused or failed at."""

    key: str
    """Translation key of the exception."""

    def __init__(self, detail: str = "") -> None:
        """Keep a detail for the log: a status or code, never personal data."""
        super().__init__(f"{self.key}: {detail}" if detail else self.key)


class CannotConnectError(RecorderError):
    """The recorder did not answer, or only that it cannot answer now."""

    key = "cannot_connect"

    def __init__(
        self,
        detail: str = "",
        *,
        may_have_arrived: bool = False,
        retry_after: float | None = None,
        unknown_address: bool = False,
    ) -> None:
        """Keep what matters for trying again.

        `may_have_arrived`: the request may have taken effect although its answer
        is lost. `retry_after`: seconds that the recorder asked us to wait.
        `unknown_address`: nobody knows the host's name, or nothing is there (any more).
        """
        super().__init__(detail)
        self.may_have_arrived = may_have_arrived
        self.retry_after = retry_after
        self.unknown_address = unknown_address


class InvalidCertificateError(CannotConnectError):
    """The recorder's certificate cannot be verified."""

    key = "invalid_ssl"


class UnexpectedResponseError(RecorderError):
    """The answer cannot be read as what was asked for."""

    key = "unexpected_response"


class InvalidAuthError(RecorderError):
    """The recorder does not accept the credentials."""

    key = "invalid_auth"


class AccessError(RecorderError):
    """The credentials are right, but somebody has to change the recorder's settings."""

    def __init__(self, key: str, *, retry_after: float | None = None) -> None:
        """Name what is missing: a permission, a free token, the API itself..."""
        self.key = key
        self.retry_after = retry_after
        super().__init__()


class RefusedError(RecorderError):
    """The recorder refused an order, or we know that it would."""

    def __init__(self, key: str, *, code: str = "", text: str = "") -> None:
        """Name the reason; `code` and `text` are kept for a reason without a name."""
        self.key = key
        self.code = code
        self.text = text
        super().__init__(code)

    @property
    def caller_can_mend(self) -> bool:
        """Tell whether another call, or one at another time, can do better."""
        return self.key in _CALLER_CAN_MEND
