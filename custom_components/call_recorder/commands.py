"""Commands to a recorder: the one road for actions, buttons, switches and watches.

All raise `RecorderError`; `translated_errors` turns that into the user's language.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final, NamedTuple

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .api.errors import ErrorKey, InvalidAuthError, RecorderError, RefusedError
from .api.models import LineAddress, LocalParty, RecordingMode
from .const import DOMAIN
from .coordinator import LiveCoordinator
from .recording_events import RecordingChange, RecordingEventType


class StartOutcome(StrEnum):
    """What a start led to; part of the public surface."""

    STARTED = "started"
    ALREADY_RECORDING = "already_recording"
    PENDING = "pending"


# These refusals mean that what was wanted is so already.
_ENSURED: Final = {
    ErrorKey.ALREADY_RECORDING: StartOutcome.ALREADY_RECORDING,
    ErrorKey.RECORDING_PENDING: StartOutcome.PENDING,
}


class StartResult(NamedTuple):
    """What a start led to, and the id of the recording if it is known."""

    outcome: StartOutcome
    recording_id: str | None


@contextmanager
def translated_errors(
    live: LiveCoordinator, *, what: str = "…", may_be_cached: bool = False
) -> Iterator[None]:
    """Raise what a recorder refused or failed at in the user's language.

    `what` names what the recorder may not support, unless the refusal names a field.

    After two requests in a row whose credentials it did not accept, the user is asked
    to sign in. A success takes that back, unless it may have asked nothing
    (`may_be_cached`).
    """
    try:
        yield
    except RecorderError as err:
        if isinstance(err, InvalidAuthError):
            if live.sign_in.async_note_refused():
                live.config_entry.async_start_reauth(live.hass)
            else:
                live.async_refresh_soon()
        is_user_error = isinstance(err, RefusedError) and err.is_user_error
        raise (ServiceValidationError if is_user_error else HomeAssistantError)(
            translation_domain=DOMAIN,
            translation_key=err.key,
            translation_placeholders=_placeholders(err, what),
        ) from err
    if not may_be_cached:
        live.async_note_accepted()


def _placeholders(err: RecorderError, what: str) -> dict[str, str] | None:
    """Return the placeholders of an error's message."""
    if not isinstance(err, RefusedError):
        return None
    if err.key == ErrorKey.REQUEST_REFUSED:
        return {"code": err.code, "text": err.text}
    if err.key == ErrorKey.NOT_SUPPORTED:
        return {"what": err.text or what}
    return None


async def async_start_recording(
    live: LiveCoordinator,
    line: LineAddress,
    *,
    mode: RecordingMode | None = None,
    ensure: bool = False,
    send_refusal: bool = True,
) -> StartResult:
    """Start recording the connected call of a line.

    With `ensure`, a call that is being recorded already is a success. With
    `send_refusal`, a refusal is also an event.
    """
    try:
        recording_id = await live.client.start_recording(line, mode)
    except RefusedError as err:
        if err.key not in _ENSURED:
            live.async_note_start(refusal=err.key)
            if send_refusal:
                async_send_refusal(live, line, err)
            raise
        if not ensure:
            raise
        result = StartResult(
            _ENSURED[err.key], await live.client.find_active_recording(line)
        )
    else:
        live.async_note_start(refusal=None)
        result = StartResult(StartOutcome.STARTED, recording_id)
    live.async_expect_change()
    return result


async def async_stop_recording(
    live: LiveCoordinator, recording_id: str | None, line: LineAddress
) -> str | None:
    """Stop an active recording, named by its id or its line; return its id."""
    return await _command(live, live.client.stop_recording, recording_id, line)


async def async_pause_recording(
    live: LiveCoordinator, recording_id: str | None, line: LineAddress
) -> str | None:
    """Pause an active recording, named by its id or its line; return its id."""
    return await _command(live, live.client.pause_recording, recording_id, line)


async def async_resume_recording(
    live: LiveCoordinator, recording_id: str | None, line: LineAddress
) -> str | None:
    """Resume a paused recording, named by its id or its line; return its id."""
    return await _command(live, live.client.resume_recording, recording_id, line)


async def _command(
    live: LiveCoordinator,
    command: Callable[[str | None, LineAddress], Awaitable[str | None]],
    recording_id: str | None,
    line: LineAddress,
) -> str | None:
    """Send a command about one recording, then poll for what it changed."""
    if recording_id is None and line.is_empty:
        raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
    recording_id = await command(recording_id, line)
    live.async_expect_change()
    return recording_id


@callback
def async_send_refusal(
    live: LiveCoordinator, address: LineAddress, err: RefusedError
) -> None:
    """Send the event that a recording could not be started, and why."""
    line = live.lines.find(address)
    change = RecordingChange(
        type=RecordingEventType.FAILED,
        local_party=LocalParty(number=address.directory_number),
        reason=err.key,
    )
    live.events.async_send(change, [line] if line else [])
