"""What can go wrong with a recorder.

Each error carries the key of its translated message. Its text holds no address, name,
number or secret, so it can be logged as it is.
"""

from enum import StrEnum
from typing import Final, Self

from .numbers import hide_numbers, hide_numbers_in_code

_MAX_DETAIL: Final = 64
"""Characters of a recorder's code."""
_MAX_TEXT: Final = 200
"""Characters of a recorder's own words that are shown."""


class ErrorKey(StrEnum):
    """Keys of the messages (translations, `exceptions`); part of the public surface."""

    ALREADY_RECORDING = "already_recording"
    API_DISABLED = "api_disabled"
    CANNOT_CONNECT = "cannot_connect"
    CHANNEL_NOT_FOUND = "channel_not_found"
    CHECKSUM_MISMATCH = "checksum_mismatch"
    DEVICE_NOT_FOUND = "device_not_found"
    DIRECTION_FILTERED = "direction_filtered"
    EXPORT_FAILED = "export_failed"
    FILE_EXISTS = "file_exists"
    INSUFFICIENT_PERMISSIONS = "insufficient_permissions"
    INVALID_AUTH = "invalid_auth"
    INVALID_CURSOR = "invalid_cursor"
    INVALID_LICENSE = "invalid_license"
    INVALID_MODE = "invalid_mode"
    INVALID_RECORDING_ID = "invalid_recording_id"
    INVALID_SSL = "invalid_ssl"
    IP_BLOCKED = "ip_blocked"
    LINE_NOT_FOUND = "line_not_found"
    LINE_NOT_SPECIFIED = "line_not_specified"
    LISTENING_NOT_ALLOWED = "listening_not_allowed"
    MANUAL_RECORDING_DISABLED = "manual_recording_disabled"
    MEDIA_NOT_FOUND = "media_not_found"
    NO_CHANNEL_AVAILABLE = "no_channel_available"
    NO_CONNECTED_CALL = "no_connected_call"
    NO_EXTENSION = "no_extension"
    NO_RECORDING_PILOT = "no_recording_pilot"
    NO_USER_ON_LINE = "no_user_on_line"
    NOT_ACTIVE_RECORDING = "not_active_recording"
    NOT_AUTHORIZED = "not_authorized"
    NOT_SUPPORTED = "not_supported"
    NOT_YET_KNOWN = "not_yet_known"
    OUTCOME_UNKNOWN = "outcome_unknown"
    PATH_NOT_ALLOWED = "path_not_allowed"
    PLAYBACK_ENDED = "playback_ended"
    PLAYBACK_FAILED = "playback_failed"
    RECORDER_ERROR = "recorder_error"
    RECORDER_NOT_LOADED = "recorder_not_loaded"
    RECORDER_NOT_SPECIFIED = "recorder_not_specified"
    RECORDER_UNAVAILABLE = "recorder_unavailable"
    RECORDING_FAILED = "recording_failed"
    RECORDING_MISCONFIGURED = "recording_misconfigured"
    RECORDING_NOT_FOUND = "recording_not_found"
    RECORDING_NOT_SPECIFIED = "recording_not_specified"
    RECORDING_PENDING = "recording_pending"
    RECORDING_SAVING = "recording_saving"
    RECORDING_TOO_LARGE = "recording_too_large"
    REMOTE_PARTY_BLACKLISTED = "remote_party_blacklisted"
    REQUEST_REFUSED = "request_refused"
    SERVICE_GONE = "service_gone"
    TOKEN_LIMIT = "token_limit"  # noqa: S105 - no secret
    TOO_MANY_PLAYBACKS = "too_many_playbacks"
    TOO_MANY_REQUESTS = "too_many_requests"
    TRAFFIC_TYPE_FILTERED = "traffic_type_filtered"
    UNEXPECTED_RESPONSE = "unexpected_response"
    USER_NOT_AUTHORIZED = "user_not_authorized"


USER_ERRORS: Final = frozenset(
    {
        ErrorKey.ALREADY_RECORDING,
        ErrorKey.INVALID_MODE,
        ErrorKey.INVALID_RECORDING_ID,
        ErrorKey.LINE_NOT_FOUND,
        ErrorKey.LINE_NOT_SPECIFIED,
        ErrorKey.NO_CONNECTED_CALL,
        ErrorKey.NOT_ACTIVE_RECORDING,
        ErrorKey.NOT_SUPPORTED,
        ErrorKey.RECORDING_NOT_FOUND,
        ErrorKey.RECORDING_NOT_SPECIFIED,
        ErrorKey.RECORDING_PENDING,
    }
)
"""Refusals that another action, or the same one at another time, would avoid."""


class RecorderError(Exception):
    """Anything that a recorder refused or failed at."""

    key: ErrorKey

    def __init__(self, detail: str = "") -> None:
        """Keep a detail for the log: a status or code.

        A code is the recorder's own text: it is kept short and without phone numbers.
        """
        self.detail = hide_numbers_in_code(detail)[:_MAX_DETAIL]
        super().__init__(f"{self.key}: {self.detail}" if self.detail else str(self.key))


class CannotConnectError(RecorderError):
    """The recorder did not answer, or only that it cannot answer now."""

    key = ErrorKey.CANNOT_CONNECT

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
        `unknown_address`: the host's name does not exist, or nothing is there any more.
        """
        super().__init__(detail)
        self.may_have_arrived = may_have_arrived
        self.retry_after = retry_after
        self.unknown_address = unknown_address


class BusyError(CannotConnectError):
    """Too many requests are waiting for the recorder already; this one was not sent."""

    key = ErrorKey.TOO_MANY_REQUESTS


class InvalidCertificateError(CannotConnectError):
    """The recorder's certificate cannot be verified."""

    key = ErrorKey.INVALID_SSL


class UnexpectedResponseError(RecorderError):
    """The answer cannot be read as what was asked for."""

    key = ErrorKey.UNEXPECTED_RESPONSE


class InvalidAuthError(RecorderError):
    """The recorder does not accept the credentials."""

    key = ErrorKey.INVALID_AUTH


class AccessError(RecorderError):
    """The credentials are right, but the recorder's settings have to be changed."""

    def __init__(self, key: ErrorKey, *, retry_after: float | None = None) -> None:
        """Name what is missing: a permission, a free token, the API itself.

        `retry_after`: seconds in which asking again is of no use.
        """
        self.key = key
        self.retry_after = retry_after
        super().__init__()


class RefusedError(RecorderError):
    """The recorder refused a command or a question, or is known to refuse it."""

    def __init__(self, key: ErrorKey, *, code: str = "", text: str = "") -> None:
        """Name the reason; `code` and `text` are kept for a reason without a name."""
        self.key = key
        self.text = text
        super().__init__(code)

    @classmethod
    def unknown(cls, code: str, text: str | None) -> Self:
        """Make a refusal for a reason that no document names.

        The recorder's own code and words are kept, short and without phone numbers.
        """
        return cls(
            ErrorKey.REQUEST_REFUSED,
            code=code,
            text=hide_numbers(text or "")[:_MAX_TEXT],
        )

    @property
    def code(self) -> str:
        """Return the recorder's code, if it gave one."""
        return self.detail

    @property
    def is_user_error(self) -> bool:
        """Return whether another call, or one at another time, can do better."""
        return self.key in USER_ERRORS
