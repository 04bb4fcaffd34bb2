"""What Imagicle's refusals mean.

Sources: the vendor pages "Start Recording" and "Get Recording", and of the knowledge
base "Stop Recording" (kb 534) and "Pause/Resume Recording" (ucxcr).
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NoReturn

from ..errors import ErrorKey, InvalidAuthError, RefusedError, UnexpectedResponseError
from ..parsing import as_int, as_object, as_text
from ..reply import Reply

# A status with `None` means the same whatever the reason.
START_REFUSALS: Final[Mapping[tuple[int, int | None], ErrorKey]] = {
    (400, 0): ErrorKey.LINE_NOT_SPECIFIED,
    (400, 1): ErrorKey.LINE_NOT_FOUND,
    (400, 2): ErrorKey.INVALID_MODE,
    # Only in the newer edition of the page (ucxcr/start-a-recording).
    (400, 3): ErrorKey.NO_EXTENSION,
    (400, 4): ErrorKey.MANUAL_RECORDING_DISABLED,
    (403, 0): ErrorKey.NOT_AUTHORIZED,
    (403, 1): ErrorKey.USER_NOT_AUTHORIZED,
    (403, 2): ErrorKey.DIRECTION_FILTERED,
    (403, 3): ErrorKey.TRAFFIC_TYPE_FILTERED,
    (403, 4): ErrorKey.REMOTE_PARTY_BLACKLISTED,
    (409, 0): ErrorKey.NO_USER_ON_LINE,
    (409, 1): ErrorKey.NO_CONNECTED_CALL,
    (429, 0): ErrorKey.RECORDING_PENDING,
    (429, 1): ErrorKey.ALREADY_RECORDING,
    (500, None): ErrorKey.RECORDER_ERROR,
    (501, 0): ErrorKey.INVALID_LICENSE,
    (501, 1): ErrorKey.NO_RECORDING_PILOT,
    (501, 2): ErrorKey.RECORDING_MISCONFIGURED,
    (503, None): ErrorKey.NO_CHANNEL_AVAILABLE,
    (504, None): ErrorKey.RECORDER_UNAVAILABLE,
}
STOP_REFUSALS: Final[Mapping[tuple[int, int | None], ErrorKey]] = {
    (400, 0): ErrorKey.INVALID_RECORDING_ID,
    (400, 1): ErrorKey.LINE_NOT_FOUND,
    (400, 2): ErrorKey.MANUAL_RECORDING_DISABLED,
    (403, None): ErrorKey.NOT_AUTHORIZED,
    (409, None): ErrorKey.NOT_ACTIVE_RECORDING,
    (500, None): ErrorKey.RECORDER_ERROR,
    (504, None): ErrorKey.RECORDER_UNAVAILABLE,
}
STOP_LINE_REFUSALS: Final[Mapping[tuple[int, int | None], ErrorKey]] = {
    **STOP_REFUSALS,
    (400, 0): ErrorKey.LINE_NOT_SPECIFIED,
}
PAUSE_REFUSALS: Final[Mapping[tuple[int, int | None], ErrorKey]] = {
    (403, None): ErrorKey.NOT_AUTHORIZED,
    # This version of the recorder has no such call.
    (404, None): ErrorKey.NOT_SUPPORTED,
    (405, None): ErrorKey.NOT_SUPPORTED,
    (409, None): ErrorKey.NOT_ACTIVE_RECORDING,
    (500, None): ErrorKey.RECORDER_ERROR,
    (504, None): ErrorKey.RECORDER_UNAVAILABLE,
}
GET_RECORDING_REFUSALS: Final[Mapping[tuple[int, int | None], ErrorKey]] = {
    (400, None): ErrorKey.INVALID_RECORDING_ID,
    (403, None): ErrorKey.NOT_AUTHORIZED,
    (404, None): ErrorKey.RECORDING_NOT_FOUND,
}


def raise_for_recording(reply: Reply) -> None:
    """Raise what the status of a failed "Get Recording" means."""
    if (reply.status, None) in GET_RECORDING_REFUSALS:
        raise_refusal(reply, GET_RECORDING_REFUSALS)
    reply.raise_for_read()


def raise_refusal(
    reply: Reply, refusals: Mapping[tuple[int, int | None], ErrorKey]
) -> NoReturn:
    """Raise what a refused command means."""
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise InvalidAuthError
    try:
        answer = as_object(reply.json())
    except UnexpectedResponseError:
        answer = {}
    reason = as_int(answer.get("reason"))
    key = refusals.get((reply.status, None)) or refusals.get((reply.status, reason))
    if key is not None:
        raise RefusedError(key)
    code = str(reply.status) if reason is None else f"{reply.status}/{reason}"
    raise RefusedError.unknown(code, as_text(answer.get("message")))
