"""What Imagicle's refusals mean.

Sources: the vendor pages "Start Recording" and "Get Recording", and of the knowledge
base "Stop Recording" (kb 534) and "Pause/Resume Recording" (ucxcr).
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NoReturn

from ..errors import InvalidAuthError, RefusedError, UnexpectedResponseError
from ..parsing import as_int, as_object, public_text
from ..transport import Reply

# A status with `None` means the same whatever the reason.
START_REFUSALS: Final[Mapping[tuple[int, int | None], str]] = {
    (400, 0): "line_not_specified",
    (400, 1): "line_not_found",
    (400, 2): "invalid_mode",
    # Only in the newer edition of the page (ucxcr/start-a-recording).
    (400, 3): "no_extension",
    (400, 4): "manual_recording_disabled",
    (403, 0): "not_authorized",
    (403, 1): "user_not_authorized",
    (403, 2): "direction_filtered",
    (403, 3): "traffic_type_filtered",
    (403, 4): "remote_party_blacklisted",
    (409, 0): "no_user_on_line",
    (409, 1): "no_connected_call",
    (429, 0): "recording_pending",
    (429, 1): "already_recording",
    (500, None): "recorder_error",
    (501, 0): "invalid_license",
    (501, 1): "no_recording_pilot",
    (501, 2): "recording_misconfigured",
    (503, None): "no_channel_available",
    (504, None): "recorder_unavailable",
}
STOP_REFUSALS: Final[Mapping[tuple[int, int | None], str]] = {
    (400, 0): "invalid_recording_id",
    (400, 1): "line_not_found",
    (400, 2): "manual_recording_disabled",
    (403, None): "not_authorized",
    (409, None): "not_active_recording",
    (500, None): "recorder_error",
    (504, None): "recorder_unavailable",
}
STOP_LINE_REFUSALS: Final[Mapping[tuple[int, int | None], str]] = {
    **STOP_REFUSALS,
    (400, 0): "line_not_specified",
}
PAUSE_REFUSALS: Final[Mapping[tuple[int, int | None], str]] = {
    (403, None): "not_authorized",
    # This version of the recorder has no such call.
    (404, None): "not_supported",
    (405, None): "not_supported",
    (409, None): "not_active_recording",
    (500, None): "recorder_error",
    (504, None): "recorder_unavailable",
}
GET_RECORDING_REFUSALS: Final[Mapping[tuple[int, int | None], str]] = {
    (400, None): "invalid_recording_id",
    (403, None): "not_authorized",
    (404, None): "recording_not_found",
}


def raise_for_recording(reply: Reply) -> None:
    """Raise what the status of a failed "Get Recording" means."""
    if (reply.status, None) in GET_RECORDING_REFUSALS:
        raise_refusal(reply, GET_RECORDING_REFUSALS)
    reply.raise_for_read()


def raise_refusal(
    reply: Reply, refusals: Mapping[tuple[int, int | None], str]
) -> NoReturn:
    """Raise what a refused order means."""
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
    raise RefusedError(
        "request_refused", code=code, text=public_text(answer.get("message"))
    )
