"""Recordings as Imagicle's JSON."""

from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.audio import mp3_sha256
from simulator.calls import Direction, Line, Recording

from .suite import Suite

DIRECTIONS: dict[Direction, int] = {
    "unknown": 0,
    "incoming": 1,
    "outgoing": 2,
    "internal": 2,
}
"""Get Recording, table Direction; it has no value for internal calls."""


def active_recording(
    suite: Suite, recording: Recording, now: datetime
) -> dict[str, Any]:
    """Return a row of Get Active Recordings (615)."""
    call = recording.call
    first_name, last_name = call.remote_name or (None, None)
    counted = (
        recording.duration if suite.duration_counts_pauses else recording.recorded_time
    )
    row = {
        "id": suite.id_of(recording),
        "duration": iso_duration(counted(now), suite.fractions),
        "startedAt": local_time(suite, recording.started_at),
        "localParty": {"username": call.line.username if call.line.has_user else None},
        "remoteParty": {
            "firstName": first_name,
            "lastName": last_name,
            "phoneNumber": call.remote_number,
        },
        "isPaused": recording.is_paused,
    }
    return without_unknown(row) if suite.leaves_out_unknown else row


def listed_recording(suite: Suite, recording: Recording) -> dict[str, Any]:
    """Return a row of Get Recordings List (schema Recording: with `ownerUsername`)."""
    row = _base(suite, recording) | {
        "ownerUsername": recording.call.line.username
        if recording.call.line.has_user
        else None
    }
    return without_unknown(row) if suite.leaves_out_unknown else row


def finished_recording(suite: Suite, recording: Recording) -> dict[str, Any]:
    """Return the answer of Get Recording (536; schema RecordingDetail)."""
    line = recording.call.line
    owner = _user(line) if line.has_user else None
    preserving = _user(suite.office.lines[0]) if recording.preserved else None
    audio = suite.audio_of(recording)
    seconds = recording.recorded_time(suite.office.now).total_seconds()
    row = _base(suite, recording) | {
        "pbxCallId": str(17_000_000 + recording.call.number),
        "owner": owner,
        "preservingUser": preserving,
        "note": {"owner": owner, "text": recording.note} if recording.note else None,
        "size": audio.size,
        "hash": {"SHA256": mp3_sha256(suite.id_of(recording), seconds)},
    }
    return without_unknown(row) if suite.leaves_out_unknown else row


def _base(suite: Suite, recording: Recording) -> dict[str, Any]:
    """Return the fields that list and single answer share (schema RecordingBase)."""
    call = recording.call
    now = suite.office.now
    return {
        "id": suite.id_of(recording),
        "referenceNumber": f"{recording.started_at:%Y}2{recording.number:08}",
        "startTime": _archive_time(suite, recording.started_at),
        "duration": iso_duration(recording.recorded_time(now), suite.fractions),
        "direction": DIRECTIONS[call.direction],
        "localPartyNumber": call.line.number,
        "remotePartyNumber": call.remote_number,
    }


def _user(line: Line) -> dict[str, str]:
    """Return a User (Get Recording, table User)."""
    return {
        "username": line.username,
        "firstName": line.first_name,
        "lastName": line.last_name,
        "phoneNumber": line.number,
        "group": line.group,
        "department": line.department,
    }


def local_time(suite: Suite, moment: datetime) -> str:
    """Return "2018-07-02T15:07:00.0000000": seven digits, no zone (615, example)."""
    local = moment.astimezone(suite.office.time_zone)
    return f"{local:%Y-%m-%dT%H:%M:%S.%f}0"


def _archive_time(suite: Suite, moment: datetime) -> str:
    """Return a finished recording's time; the pages show Z in uploads and filters."""
    if not suite.archive_times_have_zone:
        return local_time(suite, moment)
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def iso_duration(duration: timedelta, fractions: bool) -> str:
    """Return an ISO 8601 duration as .NET writes it: PT1M13S, PT2H, P1DT5S, PT0S."""
    seconds = duration.total_seconds() if fractions else int(duration.total_seconds())
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(int(minutes), 60)
    days, hour = divmod(hours, 24)
    exact = f"{second:.7f}".rstrip("0").rstrip(".")
    time = "".join(
        f"{value}{unit}"
        for value, unit in ((hour, "H"), (minute, "M"), (exact, "S"))
        if value not in (0, "0")
    )
    text = f"P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"
    return "PT0S" if text == "P" else text


def without_unknown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without its null fields, at every depth."""
    return {
        name: without_unknown(value) if isinstance(value, dict) else value
        for name, value in row.items()
        if value is not None
    }
