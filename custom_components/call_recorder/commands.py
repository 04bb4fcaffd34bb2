"""Orders to a recorder, from actions, buttons, switches and lines that watch a phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .api.errors import InvalidAuthError, RecorderError, RefusedError
from .api.models import LineAddress, LocalParty, RecordingMode
from .const import DOMAIN
from .coordinator import CallRecorderConfigEntry
from .recording_events import RecordingEvent, RecordingEventType, async_send_event

# These refusals say that the wish is fulfilled.
_ENSURED: Final = {
    "already_recording": "already_recording",
    "recording_pending": "pending",
}


class StartResult(NamedTuple):
    """What came of a start."""

    result: str
    """`started`, `already_recording` or `pending`."""
    recording_id: str | None


@contextmanager
def translated_errors(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> Iterator[None]:
    """Raise what a recorder refused or failed at in the user's language."""
    try:
        yield
    except RecorderError as err:
        if isinstance(err, InvalidAuthError):
            entry.async_start_reauth(hass)
        can_mend = isinstance(err, RefusedError) and err.caller_can_mend
        raise (ServiceValidationError if can_mend else HomeAssistantError)(
            translation_domain=DOMAIN,
            translation_key=err.key,
            translation_placeholders={"code": err.code, "text": err.text}
            if isinstance(err, RefusedError) and err.key == "request_refused"
            else None,
        ) from err


async def async_start_recording(
    hass: HomeAssistant,
    entry: CallRecorderConfigEntry,
    address: LineAddress,
    *,
    mode: RecordingMode | None = None,
    ensure: bool = False,
    tell: bool = True,
) -> StartResult:
    """Start a recording. Raises `RecorderError`.

    With `ensure`, a call that is being recorded already is a success. With `tell`, a
    refusal is an event too.
    """
    live = entry.runtime_data.live
    try:
        recording_id = await live.client.start_recording(address, mode)
    except RefusedError as err:
        if err.key not in _ENSURED:
            live.async_note_start(refusal=err.key)
            if tell:
                async_tell_refusal(hass, entry, address, err)
            raise
        if not ensure:
            raise
        result = StartResult(
            _ENSURED[err.key], await live.client.find_active_recording(address)
        )
    else:
        live.async_note_start(refusal=None)
        result = StartResult("started", recording_id)
    live.async_expect_change()
    return result


@callback
def async_tell_refusal(
    hass: HomeAssistant,
    entry: CallRecorderConfigEntry,
    address: LineAddress,
    err: RefusedError,
) -> None:
    """Send the event that a recording could not be started, and why."""
    line = entry.runtime_data.live.lines.find(address)
    event = RecordingEvent(
        type=RecordingEventType.FAILED,
        line_id=line.id if line else None,
        local_party=LocalParty(number=address.directory_number),
        reason=err.key,
    )
    async_send_event(hass, entry.entry_id, event)
