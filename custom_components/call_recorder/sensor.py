"""Sensors: how many recordings are active, and for how long."""

from abc import abstractmethod
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
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.client import Capability
from .archive.coordinator import ArchiveSnapshot
from .data import CallRecorderConfigEntry
from .entity import ArchiveEntity, LineEntity, RecorderEntity
from .snapshot import Activity, LineSnapshot, LiveStatus, Snapshot

# The coordinator does the talking; the entities only read what it found.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class RecorderSensorDescription[DataT](SensorEntityDescription):
    """Describes a sensor of a recorder, a line or the archive."""

    value: Callable[[DataT], str | float | datetime | None]
    """Reads the state; `None` where the recorder does not report it."""
    capability: Capability | None = None
    """What the recorder must be able to report."""


def _seconds(duration: timedelta | None) -> int | None:
    """Return a duration as the sensors show it."""
    return None if duration is None else round(duration.total_seconds())


def _count(activity: Activity) -> int | None:
    """Count the active recordings."""
    return None if activity.recordings is None else len(activity.recordings)


SENSORS: Final[tuple[RecorderSensorDescription[Snapshot], ...]] = (
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
        value=lambda snapshot: snapshot.paused_count,
        capability=Capability.PAUSED,
    ),
    RecorderSensorDescription(
        key="longest_active_duration",
        translation_key="longest_active_duration",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        value=lambda activity: _seconds(activity.longest_duration),
    ),
    RecorderSensorDescription(
        key="total_active_duration",
        translation_key="total_active_duration",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        value=lambda snapshot: _seconds(snapshot.total_duration),
    ),
    RecorderSensorDescription(
        key="oldest_active_start",
        translation_key="oldest_active_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=lambda activity: activity.oldest_start,
    ),
    RecorderSensorDescription(
        key="active_calls",
        translation_key="active_calls",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda snapshot: snapshot.active_calls,
        capability=Capability.ACTIVE_CALLS,
    ),
)


LINE_SENSORS: Final[tuple[RecorderSensorDescription[LineSnapshot], ...]] = (
    RecorderSensorDescription(
        key="state",
        translation_key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in LiveStatus],
        value=lambda line: line.status,
    ),
    RecorderSensorDescription(
        key="active_duration",
        translation_key="active_duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        value=lambda activity: _seconds(activity.longest_duration),
    ),
    RecorderSensorDescription(
        key="active_start",
        translation_key="active_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        # The duration shows the same; with twenty lines it is twenty entities less.
        entity_registry_enabled_default=False,
        value=lambda activity: activity.oldest_start,
    ),
)


ARCHIVE_SENSORS: Final[tuple[RecorderSensorDescription[ArchiveSnapshot], ...]] = (
    RecorderSensorDescription(
        key="last_recording",
        translation_key="last_recording",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=lambda archive: archive.newest.started_at if archive.newest else None,
    ),
    RecorderSensorDescription(
        key="last_recording_duration",
        translation_key="last_recording_duration",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        value=lambda archive: _seconds(
            archive.newest.duration if archive.newest else None
        ),
    ),
    RecorderSensorDescription(
        key="recordings_today",
        translation_key="recordings_today",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda archive: archive.today,
    ),
    RecorderSensorDescription(
        key="recorded_time_today",
        translation_key="recorded_time_today",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.HOURS,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda archive: _seconds(archive.today_duration),
    ),
    RecorderSensorDescription(
        key="archived_recordings",
        translation_key="archived_recordings",
        entity_category=EntityCategory.DIAGNOSTIC,
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
        if description.capability in (None, *data.live.client.capabilities)
    )
    async_add_entities(
        ArchiveSensor(data.archive, description)
        for description in ARCHIVE_SENSORS
        if Capability.ARCHIVE in data.live.client.capabilities
        and description.capability in (None, *data.live.client.capabilities)
    )
    for line in data.live.lines:
        async_add_entities(
            (LineSensor(data.live, line, description) for description in LINE_SENSORS),
            config_subentry_id=line.id,
        )


class _Sensor[DataT](SensorEntity):
    """Reads its state with its description."""

    entity_description: RecorderSensorDescription[DataT]

    @property
    @abstractmethod
    def data(self) -> DataT:
        """Return what the state is read from."""

    @property
    def value(self) -> str | float | datetime | None:
        """Return the state."""
        return self.entity_description.value(self.data)

    @property
    @override
    def native_value(self) -> str | float | datetime | None:
        """Return the state."""
        return self.value


class RecorderSensor(_Sensor[Snapshot], RecorderEntity):
    """A sensor of the recorder's device."""

    @property
    @override
    def data(self) -> Snapshot:
        """Return what the recorder is recording."""
        return self.snapshot


class LineSensor(_Sensor[LineSnapshot], LineEntity):
    """A sensor of a line's device."""

    @property
    @override
    def data(self) -> LineSnapshot:
        """Return what is recorded on the line."""
        return self.snapshot


class ArchiveSensor(_Sensor[ArchiveSnapshot], ArchiveEntity):
    """A sensor of the recorder's device about its archive."""

    @property
    @override
    def data(self) -> ArchiveSnapshot:
        """Return what is known of the archive."""
        return self.coordinator.data
