"""What Catapult's refusals mean. Source: errors.md of the archived documentation."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NoReturn

from ..errors import CannotConnectError, ErrorKey, RefusedError
from ..parsing import as_text
from ..reply import Reply
from .catapult import error_body

START_REFUSALS: Final[Mapping[str, ErrorKey]] = {
    "call-not-found": ErrorKey.LINE_NOT_FOUND,
    "call-id-not-found": ErrorKey.LINE_NOT_FOUND,
    "call-invalid-state": ErrorKey.NO_CONNECTED_CALL,
    # "Call recoding is been executed already!"
    "conflicted-recording-values-request": ErrorKey.ALREADY_RECORDING,
    # "...another update was is progress": the recording is being changed now.
    "recording-update-conflict": ErrorKey.RECORDING_PENDING,
    # Also in progress or being set up, but it is not certain that it will be recorded:
    # `recording_pending` would be a success for a start that only has to be ensured.
    "call-update-conflict": ErrorKey.RECORDER_UNAVAILABLE,
    "call-unavailable": ErrorKey.RECORDER_UNAVAILABLE,
}
START_LINE_REFUSALS: Final[Mapping[str, ErrorKey]] = {
    **START_REFUSALS,
    # The call of the line has just ended.
    "call-not-found": ErrorKey.NO_CONNECTED_CALL,
    "call-id-not-found": ErrorKey.NO_CONNECTED_CALL,
}
STOP_REFUSALS: Final[Mapping[str, ErrorKey]] = {
    "call-not-found": ErrorKey.NOT_ACTIVE_RECORDING,
    "call-id-not-found": ErrorKey.NOT_ACTIVE_RECORDING,
    "call-invalid-state": ErrorKey.NOT_ACTIVE_RECORDING,
    "recording-update-conflict": ErrorKey.RECORDER_UNAVAILABLE,
    "call-update-conflict": ErrorKey.RECORDER_UNAVAILABLE,
    "call-unavailable": ErrorKey.RECORDER_UNAVAILABLE,
}


def raise_refusal(reply: Reply, refusals: Mapping[str, ErrorKey]) -> NoReturn:
    """Raise what a refused command means."""
    if reply.status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT):
        # A proxy has lost the answer of the service.
        raise CannotConnectError(f"HTTP {reply.status}", may_have_arrived=True)
    error = error_body(reply)
    code = as_text(error.get("code")) or str(reply.status)
    if (key := refusals.get(code)) is not None:
        raise RefusedError(key)
    if reply.status >= 500:
        busy = reply.status == HTTPStatus.SERVICE_UNAVAILABLE
        raise RefusedError(
            ErrorKey.RECORDER_UNAVAILABLE if busy else ErrorKey.RECORDER_ERROR,
            code=code,
        )
    raise RefusedError.unknown(code, as_text(error.get("message")))
