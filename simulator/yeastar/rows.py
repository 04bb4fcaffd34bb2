"""Recordings and calls as Yeastar's JSON."""

from datetime import datetime
from typing import Any

from simulator.calls import Call, Recording
from simulator.identifiers import mix

from .display import display_time
from .pbx import Pbx

TRUNK = "office-trunk"
_EMPTY = " "
"""An empty field in the page's example of 30012."""
_TYPES = {
    "incoming": "Inbound",
    "unknown": "Inbound",
    "outgoing": "Outbound",
    "internal": "Internal",
}


def recording_row(pbx: Pbx, recording: Recording) -> dict[str, Any]:
    """Return a row of Query Recording List (Recording_Details)."""
    call = recording.call
    caller, callee = parties(call)
    duration = (recording.ended_at or pbx.office.now) - call.started_at
    row = {
        "id": pbx.id_of(recording),
        "time": display_time(pbx, call.started_at),
        "uid": _uid(pbx, call),
        "call_from": _shown(*caller),
        "call_to": _shown(*callee),
        "duration": 0 if pbx.zero_durations else int(duration.total_seconds()),
        "size": pbx.audio_of(recording).size,
        "call_type": _TYPES[call.direction],
        "file": file_name(pbx, recording),
    }
    if pbx.newer_fields:
        row |= {
            "call_from_number": caller[1],
            "call_from_name": caller[0],
            "call_to_number": callee[1],
            "call_to_name": callee[0],
        }
    if pbx.cloud_fields:
        path = f"/recordings/{row['file']}"
        row |= {
            "archive_status": "success",
            "archive_path": path,
            "archive_type": "local",
            "file_path": path,
        }
    return row


def parties(call: Call) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return name and number of the caller and of the callee."""
    near = f"{call.line.first_name} {call.line.last_name}", call.line.number
    far = " ".join(call.remote_name or ()), call.remote_number
    return (far, near) if call.direction in ("incoming", "unknown") else (near, far)


def file_name(pbx: Pbx, recording: Recording) -> str:
    """Return "20220112173629-1641980184.14-5566-5556-Internal.wav": local start, call, parties."""
    (_, caller), (_, callee) = parties(recording.call)
    start = _local(pbx, recording.started_at)
    kind = _TYPES[recording.call.direction]
    return f"{start}-{call_id(recording.call)}-{caller}-{callee}-{kind}.wav"


def call_id(call: Call) -> str:
    """Return "1650012665.266": the start in Unix seconds and a running number."""
    return f"{int(call.started_at.timestamp())}.{call.number % 1000}"


def channel_ids(call: Call) -> tuple[str, str]:
    """Return the channels of the line and of the remote party."""
    remote = (
        call.remote_number
        if call.direction == "internal"
        else f"trunk-{TRUNK}-endpoint"
    )
    channel = call.number * 2 % 16**8
    return (
        f"PJSIP/{call.line.number}-{channel:08x}",
        f"PJSIP/{remote}-{channel + 1:08x}",
    )


def call_row(call: Call) -> dict[str, Any]:
    """Return a call with its members (Query Calls; also the 30011 event's msg)."""
    line_calls = call.direction in ("outgoing", "internal")
    near, far = channel_ids(call)
    (_, caller), (_, callee) = parties(call)
    line = {
        "extension": {
            "number": call.line.number,
            "channel_id": near,
            "member_status": "HOLD" if call.held else _status(call, calls=line_calls),
            "call_path": "",
        }
    }
    remote_status = _status(call, calls=not line_calls)
    remote = {"channel_id": far, "member_status": remote_status, "call_path": ""}
    trunk = {"from": caller, "to": callee, "trunk_name": TRUNK}
    if call.direction == "internal":
        return {
            "call_id": call_id(call),
            "members": [line, {"extension": {"number": call.remote_number, **remote}}],
        }
    if line_calls:
        return {
            "call_id": call_id(call),
            "members": [line, {"outbound": trunk | remote}],
        }
    return {"call_id": call_id(call), "members": [{"inbound": trunk | remote}, line]}


def ended_call_row(pbx: Pbx, call: Call) -> dict[str, Any]:
    """Return the msg of (30012) Call End Details; its time is Y-m-d in every example."""
    (_, caller), (_, callee) = parties(call)
    ended_at = call.ended_at or pbx.office.now
    local = call.started_at.astimezone(pbx.office.time_zone)
    incoming = call.direction in ("incoming", "unknown")
    recordings = [
        *pbx.office.archive.of_call(call.number),
        *pbx.office.recordings_of(call),
    ]
    talk = ended_at - call.answered_at if call.answered_at else None
    return {
        "call_id": call_id(call),
        "time_start": f"{local:%Y-%m-%d %H:%M:%S}",
        "call_from": caller,
        "call_to": callee,
        "call_duration": int((ended_at - call.started_at).total_seconds()),
        "talk_duration": int(talk.total_seconds()) if talk else 0,
        "src_trunk_name": TRUNK if incoming else _EMPTY,
        "dst_trunk_name": TRUNK if call.direction == "outgoing" else _EMPTY,
        "pin_code": _EMPTY,
        "status": "ANSWERED" if call.answered_at else "NO ANSWER",
        "type": _TYPES[call.direction],
        "recording": file_name(pbx, recordings[0]) if recordings else "",
        "did_number": callee if incoming else _EMPTY,
        "agent_ring_time": 0,
    }


def _status(call: Call, *, calls: bool) -> str:
    """Return a member's status (30011): ALERT, ANSWERED of the caller; RING, ANSWER of the callee."""
    if call.ended_at is not None:
        return "BYE"
    if call.answered_at is None:
        return "ALERT" if calls else "RING"
    return "ANSWERED" if calls else "ANSWER"


def _shown(name: str, number: str) -> str:
    """Return "Evelyn<5566>", or the bare number of an unknown party."""
    return f"{name}<{number}>" if name else number


def _uid(pbx: Pbx, call: Call) -> str:
    """Return "2022011217362446627": local time and five hexadecimal digits."""
    return f"{_local(pbx, call.started_at)}{mix(0, call.number, 4) % 16**5:05X}"


def _local(pbx: Pbx, moment: datetime) -> str:
    """Return fourteen digits of local time."""
    return f"{moment.astimezone(pbx.office.time_zone):%Y%m%d%H%M%S}"
