"""Recordings and calls as Catapult's JSON."""

from datetime import UTC, datetime
from typing import Any

from simulator.calls import Call, Recording

from .account import Account


def recording_row(account: Account, recording: Recording) -> dict[str, Any]:
    """Return a recording (getRecordings.md), without `endTime` and `media` until they exist."""
    state = _recording_state(recording, account.office.now)
    row = {
        "id": account.id_of(recording),
        "startTime": _time(account, recording.started_at),
        "call": f"{account.url}{account.root}/calls/{account.call_id(recording.call)}",
        "state": state,
    }
    if recording.ended_at is not None:
        row["endTime"] = _time(account, recording.ended_at)
    if state == "complete" or (state == "saving" and account.saving_has_media):
        base = account.media_base or f"{account.url}{account.root}/media"
        row["media"] = f"{base}/{account.media_name(recording)}"
    return row


def _recording_state(recording: Recording, now: datetime) -> str:
    """Return recording, saving, error or complete (getRecordings.md, Recording States)."""
    if recording.ended_at is None or recording.saved_at is None:
        return "recording"
    if now < recording.saved_at:
        return "saving"
    return "error" if recording.fate == "error" else "complete"


def call_row(account: Account, call: Call) -> dict[str, Any]:
    """Return a call of the list (getCalls.md)."""
    incoming = call.direction in ("incoming", "unknown")
    near, far = call.line.phone_number, call.remote_number
    row: dict[str, Any] = {
        "id": account.call_id(call),
        "direction": "in" if incoming else "out",
        "from": far if incoming else near,
        "to": near if incoming else far,
        "recordingEnabled": _is_recorded(account, call),
        "callbackUrl": "",
        "state": call_state(call),
        "startTime": _time(account, call.started_at),
        "events": f"{account.url}{account.root}/calls/{account.call_id(call)}/events",
    }
    if call.answered_at is not None:
        row["activeTime"] = _time(account, call.answered_at)
    if call.ended_at is not None:
        row["endTime"] = _time(account, call.ended_at)
        row["chargeableDuration"] = _charged(call)
    return row


def single_call_row(account: Account, call: Call) -> dict[str, Any]:
    """Return a single call (getCallsCallId.md): with the URLs of its resources."""
    base = f"{account.url}{account.root}/calls/{account.call_id(call)}"
    return call_row(account, call) | {
        "recordings": f"{base}/recordings",
        "transcriptionEnabled": False,
        "transcriptions": f"{base}/transcriptions",
    }


def call_state(call: Call) -> str:
    """Return started, active, completed or rejected (getCallsCallId.md, state)."""
    if call.ended_at is not None:
        return "completed" if call.answered_at else "rejected"
    return "active" if call.answered_at else "started"


def _is_recorded(account: Account, call: Call) -> bool:
    """Return whether a running call is being recorded, or an ended one was."""
    recordings = account.office.recordings_of(call)
    if call.ended_at is not None:
        return bool(recordings or account.office.archive.of_call(call.number))
    return any(recording.ended_at is None for recording in recordings)


def _charged(call: Call) -> int:
    """Return a call's seconds, rounded up to whole minutes ("chargeableDuration": 60)."""
    if call.answered_at is None or call.ended_at is None:
        return 0
    return -int((call.answered_at - call.ended_at).total_seconds() // 60) * 60


def _time(account: Account, moment: datetime) -> str:
    """Return UTC with a Z, with milliseconds or (as in some samples) without."""
    precision = "milliseconds" if account.milliseconds else "seconds"
    return (
        moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
    )
