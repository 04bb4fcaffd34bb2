"""Binary sensors: whether anything is being recorded, and what is wrong with it."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .api.client import Capability
from .coordinator import LiveCoordinator
from .data import CallRecorderConfigEntry
from .entity import LineEntity, RecorderEntity
from .line_watch import LineWatch
from .lines import Line

# The coordinator does the talking; the entities only read what it found.
PARALLEL_UPDATES = 0

RECORDING: Final = BinarySensorEntityDescription(
    key="recording",
    translation_key="recording",
    device_class=BinarySensorDeviceClass.RUNNING,
)
NO_CHANNEL_AVAILABLE: Final = BinarySensorEntityDescription(
    key="no_channel_available",
    translation_key="no_channel_available",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)
NOT_RECORDED: Final = BinarySensorEntityDescription(
    key="not_recorded",
    translation_key="not_recorded",
    device_class=BinarySensorDeviceClass.PROBLEM,
)
PAUSE_FORGOTTEN: Final = BinarySensorEntityDescription(
    key="pause_forgotten",
    translation_key="pause_forgotten",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_registry_enabled_default=False,
)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
"""Longer than the pause for a card payment takes."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CallRecorderConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of the recorder and its lines."""
    live = entry.runtime_data.live
    async_add_entities([RecorderRecordingSensor(live, RECORDING)])
    if Capability.CHANNELS in live.client.capabilities:
        async_add_entities([NoChannelSensor(live, NO_CHANNEL_AVAILABLE)])
    for line in live.lines:
        sensors: list[LineEntity] = [LineRecordingSensor(live, line, RECORDING)]
        if Capability.PAUSED in live.client.capabilities:
            sensors.append(PauseForgottenSensor(live, line, PAUSE_FORGOTTEN))
        if line.must_be_recorded:
            watch = entry.runtime_data.watches[line.id]
            sensors.append(NotRecordedSensor(live, line, NOT_RECORDED, watch))
        async_add_entities(sensors, config_subentry_id=line.id)


class _BinarySensor(BinarySensorEntity):
    """Shows its value."""

    @property
    @abstractmethod
    def value(self) -> bool | None:
        """Return whether the sensor is on; `None` while that is not known."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the sensor is on."""
        return self.value


class RecorderRecordingSensor(_BinarySensor, RecorderEntity):
    """On while the recorder records any call."""

    @property
    @override
    def value(self) -> bool | None:
        """Return whether anything is recorded; `None` while that is not known."""
        return self.snapshot.is_recording


class LineRecordingSensor(_BinarySensor, LineEntity):
    """On while a call of the line is recorded."""

    @property
    @override
    def value(self) -> bool | None:
        """Return whether anything is recorded; `None` while that is not known."""
        return self.snapshot.is_recording


class NoChannelSensor(_BinarySensor, RecorderEntity):
    """On after a start that was refused for want of a licensed channel."""

    @property
    @override
    def value(self) -> bool:
        """Return how the last start ended."""
        return self.coordinator.no_channel_available


class NotRecordedSensor(_BinarySensor, LineEntity):
    """On while the line is in a call that is not being recorded."""

    def __init__(
        self,
        coordinator: LiveCoordinator,
        line: Line,
        description: BinarySensorEntityDescription,
        watch: LineWatch,
    ) -> None:
        """Show what the watch finds."""
        super().__init__(coordinator, line, description)
        self._watch = watch

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the watch."""
        await super().async_added_to_hass()
        self.async_on_remove(self._watch.async_listen(self._handle_coordinator_update))

    @property
    @override
    def value(self) -> bool | None:
        """Return what the watch found; `None` while calls are not known."""
        return self._watch.not_recorded


class PauseForgottenSensor(_BinarySensor, LineEntity):
    """On while a recording of the line has been paused for more than five minutes."""

    _paused_since: Mapping[str, datetime] = MappingProxyType({})
    _cancel_check: CALLBACK_TYPE | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Start with the pauses that are under way."""
        await super().async_added_to_hass()
        self.async_on_remove(self._cancel)
        self._note_pauses()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Note the pauses that started and ended."""
        self._note_pauses()
        super()._handle_coordinator_update()

    @callback
    def _note_pauses(self) -> None:
        """Remember since when each recording is paused, and look again in time."""
        self._cancel()
        now = dt_util.utcnow()
        self._paused_since = {
            recording.id: self._paused_since.get(recording.id, now)
            for recording in self.snapshot.recordings or ()
            if recording.is_paused
        }
        for since in sorted(self._paused_since.values()):
            if (due := since + _LONGEST_PAUSE) > now:
                self._cancel_check = async_track_point_in_utc_time(
                    self.hass, self._handle_pause_over, due
                )
                return

    @callback
    def _handle_pause_over(self, _now: datetime) -> None:
        """Report a pause that has become too long."""
        self._cancel_check = None
        self._handle_coordinator_update()

    @callback
    def _cancel(self) -> None:
        """Cancel the next look."""
        if self._cancel_check is not None:
            self._cancel_check()
            self._cancel_check = None

    @property
    @override
    def value(self) -> bool:
        """Return whether any pause is too long."""
        longest = dt_util.utcnow() - _LONGEST_PAUSE
        return any(since <= longest for since in self._paused_since.values())
