"""Sensors: how many recordings are active, and for how long."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.client import Capability
from .archive.coordinator import ArchiveSnapshot
from .coordinator import LiveStatus, Snapshot
from .data import CallRecorderConfigEntry
from .entity import ArchiveEntity, LineEntity, RecorderEntity

# The coordinator does the talking; the entities only read what it found.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class RecorderSensorDescription(SensorEntityDescription):
    """Describes a sensor of a recorder or a line."""

    value: Callable[[Snapshot], str | float | datetime | None]
    """Reads the state; `None` where the recorder does not tell."""
    capability: Capability | None = None
    """What the recorder must be able to tell."""


@dataclass(frozen=True, kw_only=True)
class ArchiveSensorDescription(SensorEntityDescription):
    """Describes a sensor of the archive."""

    value: Callable[[ArchiveSnapshot], float | datetime | None]
    """Reads the state; `None` where the recorder does not tell."""
    capability: Capability | None = None
    """What the recorder must be able to tell."""


def _seconds(duration: timedelta | None) -> float | None:
    """Return a duration as the sensors show it."""
    return None if duration is None else round(duration.total_seconds())


def _count(snapshot: Snapshot) -> int | None:
    """Count the active recordings."""
    return None if snapshot.recordings is None else len(snapshot.recordings)


def _count_paused(snapshot: Snapshot) -> int | None:
    """Count the paused recordings; one that does not tell makes the sum unknown."""
    if snapshot.recordings is None:
        return None
    paused = [recording.is_paused for recording in snapshot.recordings]
    return None if None in paused else paused.count(True)


def _longest_duration(snapshot: Snapshot) -> float | None:
    """Return the seconds of the longest active recording; 0 when none is active."""
    durations = snapshot.durations()
    if durations is None or (snapshot.recordings and not durations):
        return None
    return round(max(durations, default=timedelta()).total_seconds())


def _total_duration(snapshot: Snapshot) -> float | None:
    """Return the seconds of all active recordings; 0 when none is active."""
    durations = snapshot.durations()
    if durations is None or len(durations) != len(snapshot.recordings or ()):
        return None
    return round(sum(durations, timedelta()).total_seconds())


def _oldest_start(snapshot: Snapshot) -> datetime | None:
    """Return when the oldest active recording began."""
    starts = (recording.started_at for recording in snapshot.recordings or ())
    return min(filter(None, starts), default=None)


SENSORS: Final = (
    RecorderSensorDescription(
        key="active_recordings",
        translation_key="active_recordings",
        state_class=SensorStateClass.MEASUREMENT,
        value=_count,
    ),
    RecorderSensorDescription(
        key="paused_recordings",
        translation_key="paused_recordings",
        state_class=SensorStateClass.MEASUREMENT,
        value=_count_paused,
        capability=Capability.PAUSED,
    ),
    RecorderSensorDescription(
        key="longest_active_duration",
        translation_key="longest_active_duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=0,
        value=_longest_duration,
    ),
    RecorderSensorDescription(
        key="total_active_duration",
        translation_key="total_active_duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=0,
        value=_total_duration,
    ),
    RecorderSensorDescription(
        key="oldest_active_start",
        translation_key="oldest_active_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=_oldest_start,
    ),
    RecorderSensorDescription(
        key="active_calls",
        translation_key="active_calls",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda snapshot: snapshot.active_calls,
        capability=Capability.ACTIVE_CALLS,
    ),
)


LINE_SENSORS: Final = (
    RecorderSensorDescription(
        key="state",
        translation_key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in LiveStatus],
        value=lambda snapshot: snapshot.status,
    ),
    RecorderSensorDescription(
        key="active_duration",
        translation_key="active_duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=0,
        value=_longest_duration,
    ),
    RecorderSensorDescription(
        key="active_start",
        translation_key="active_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=_oldest_start,
    ),
)


ARCHIVE_SENSORS: Final = (
    ArchiveSensorDescription(
        key="last_recording",
        translation_key="last_recording",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=lambda archive: archive.newest.started_at if archive.newest else None,
    ),
    ArchiveSensorDescription(
        key="last_recording_duration",
        translation_key="last_recording_duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=0,
        value=lambda archive: _seconds(
            archive.newest.duration if archive.newest else None
        ),
    ),
    ArchiveSensorDescription(
        key="recordings_today",
        translation_key="recordings_today",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda archive: archive.today,
    ),
    ArchiveSensorDescription(
        key="recorded_time_today",
        translation_key="recorded_time_today",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=0,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda archive: _seconds(archive.today_duration),
    ),
    ArchiveSensorDescription(
        key="archived_recordings",
        translation_key="archived_recordings",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda archive: archive.total,
        capability=Capability.ARCHIVE_SIZE,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CallRecorderConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors that the recorder can feed, and those of its lines."""
    data = entry.runtime_data
    async_add_entities(
        RecorderSensor(data.live, description)
        for description in SENSORS
        if description.capability in (None, *data.client.capabilities)
    )
    async_add_entities(
        ArchiveSensor(data.archive, description)
        for description in ARCHIVE_SENSORS
        if description.capability in (None, *data.client.capabilities)
    )
    for line in data.live.lines.lines:
        async_add_entities(
            (LineSensor(data.live, line, description) for description in LINE_SENSORS),
            config_subentry_id=line.id,
        )


class RecorderSensor(RecorderEntity, SensorEntity):
    """A sensor of the recorder's device."""

    entity_description: RecorderSensorDescription

    @property
    @override
    def native_value(self) -> str | float | datetime | None:
        """Read the state from the snapshot."""
        return self.entity_description.value(self.snapshot)


class LineSensor(LineEntity, RecorderSensor):
    """A sensor of a line's device."""


class ArchiveSensor(ArchiveEntity, SensorEntity):
    """A sensor that tells of the archive."""

    entity_description: ArchiveSensorDescription

    @property
    @override
    def native_value(self) -> float | datetime | None:
        """Read the state from the snapshot."""
        return self.entity_description.value(self.coordinator.data)
