"""Recordings and calls in Catapult's words."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.calls import Call, Recording

from .identifiers import bandwidth_id

if TYPE_CHECKING:
    from .server import Bandwidth


def recording_row(bandwidth: Bandwidth, recording: Recording) -> dict[str, Any]:
    """Return a recording (getRecordings.md); `endTime` and `media` once they exist."""
    state = _recording_state(recording, bandwidth.office.now)
    row = {
        "id": bandwidth_id(bandwidth.office.seed, "r", recording.number),
        "startTime": _time(bandwidth, recording.started_at),
        "call": f"{bandwidth.url}{bandwidth.root}/calls/{call_id(bandwidth, recording.call)}",
        "state": state,
    }
    if recording.ended_at is not None:
        row["endTime"] = _time(bandwidth, recording.ended_at)
    if state == "complete" or (state == "saving" and bandwidth.saving_has_media):
        base = bandwidth.media_base or f"{bandwidth.url}{bandwidth.root}/media"
        row["media"] = f"{base}/{media_name(bandwidth, recording)}"
    return row


def _recording_state(recording: Recording, now: datetime) -> str:
    """Return recording, saving, error or complete (getRecordings.md, Recording States)."""
    if recording.ended_at is None or recording.saved_at is None:
        return "recording"
    if now < recording.saved_at:
        return "saving"
    return "error" if recording.fate == "error" else "complete"


def media_name(bandwidth: Bandwidth, recording: Recording) -> str:
    """Return "{callId}-1.wav" (getRecordings.md, example)."""
    call = call_id(bandwidth, recording.call)
    return f"{call}-{recording.sequence}.{recording.file_format}"


def call_id(bandwidth: Bandwidth, call: Call) -> str:
    """Return a call's id."""
    return bandwidth_id(bandwidth.office.seed, "c", call.number)


def call_row(bandwidth: Bandwidth, call: Call) -> dict[str, Any]:
    """Return a call of the list (getCalls.md)."""
    incoming = call.direction in ("incoming", "unknown")
    near, far = call.line.phone_number, call.remote_number
    row: dict[str, Any] = {
        "id": call_id(bandwidth, call),
        "direction": "in" if incoming else "out",
        "from": far if incoming else near,
        "to": near if incoming else far,
        "recordingEnabled": _is_recorded(bandwidth, call),
        "callbackUrl": "",
        "state": call_state(call),
        "startTime": _time(bandwidth, call.started_at),
        "events": f"{bandwidth.url}{bandwidth.root}/calls/{call_id(bandwidth, call)}/events",
    }
    if call.answered_at is not None:
        row["activeTime"] = _time(bandwidth, call.answered_at)
    if call.ended_at is not None:
        row["endTime"] = _time(bandwidth, call.ended_at)
        row["chargeableDuration"] = _charged(call)
    return row


def single_call_row(bandwidth: Bandwidth, call: Call) -> dict[str, Any]:
    """Return a single call (getCallsCallId.md): with its resources."""
    base = f"{bandwidth.url}{bandwidth.root}/calls/{call_id(bandwidth, call)}"
    return call_row(bandwidth, call) | {
        "recordings": f"{base}/recordings",
        "transcriptionEnabled": False,
        "transcriptions": f"{base}/transcriptions",
    }


def call_state(call: Call) -> str:
    """Return started, active, completed or rejected (getCallsCallId.md, state)."""
    if call.ended_at is not None:
        return "completed" if call.answered_at else "rejected"
    return "active" if call.answered_at else "started"


def _is_recorded(bandwidth: Bandwidth, call: Call) -> bool:
    """Tell whether a call is being recorded, or was once it is over."""
    recordings = bandwidth.office.recordings_of(call)
    if call.ended_at is not None:
        return bool(recordings or bandwidth.office.archive.of_call(call.number))
    return any(recording.ended_at is None for recording in recordings)


def _charged(call: Call) -> int:
    """Return the begun minutes of a call in seconds ("chargeableDuration": 60)."""
    if call.answered_at is None or call.ended_at is None:
        return 0
    return -int((call.answered_at - call.ended_at).total_seconds() // 60) * 60


def _time(bandwidth: Bandwidth, moment: datetime) -> str:
    """Return UTC with a Z, with milliseconds or (some samples) without."""
    precision = "milliseconds" if bandwidth.milliseconds else "seconds"
    return (
        moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
    )
