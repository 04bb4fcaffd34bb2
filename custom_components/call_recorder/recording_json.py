"""How recordings are written as JSON: once, for events, responses and the card."""

from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from .api.models import INTERNAL, ActiveRecording

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def as_json(value: Any) -> JsonValueType:
    """Return a value of the recorders' vocabulary as JSON.

    Times are ISO 8601 in UTC, durations seconds, dataclasses objects.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return dt_util.as_utc(value).isoformat()
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if is_dataclass(value) and not isinstance(value, type):
        return fields_as_json(value)
    return cast(JsonValueType, value)


def fields_as_json(data: DataclassInstance) -> JsonObjectType:
    """Return the fields of a dataclass as a JSON object."""
    return {name: as_json(getattr(data, name)) for name in _field_names(type(data))}


@cache
def _field_names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    """Return the names of a dataclass' fields that users see."""
    return tuple(field.name for field in fields(kind) if field.metadata != INTERNAL)


def active_as_json(recording: ActiveRecording, line: str | None) -> JsonObjectType:
    """Return an active recording as a JSON object, with the name of its line.

    A duration that the recorder does not report is counted, in whole seconds.
    """
    duration = recording.duration
    if duration is None and recording.started_at is not None:
        duration = running_time(recording.started_at, dt_util.utcnow())
    return {
        "id": recording.id,
        "started_at": as_json(recording.started_at),
        "duration": as_json(duration),
        "is_paused": recording.is_paused,
        "local_party": as_json(recording.local_party),
        "remote_party": as_json(recording.remote_party),
        "line": line,
    }


def running_time(started_at: datetime, now: datetime) -> timedelta:
    """Return for how long a recording has run, in whole seconds.

    Never less than zero: the recorder's clock may be ahead of Home Assistant's.
    """
    return timedelta(seconds=max(round((now - started_at).total_seconds()), 0))
