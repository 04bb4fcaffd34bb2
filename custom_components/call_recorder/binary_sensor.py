"""Binary sensors: whether anything is being recorded."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.client import Capability
from .coordinator import CallRecorderConfigEntry
from .entity import LineEntity, RecorderEntity

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
    for line in live.lines.lines:
        async_add_entities(
            [LineRecordingSensor(live, line, RECORDING)], config_subentry_id=line.id
        )


class RecorderRecordingSensor(RecorderEntity, BinarySensorEntity):
    """On while the recorder records any call."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether anything is recorded; `None` while that is not known."""
        recordings = self.snapshot.recordings
        return None if recordings is None else bool(recordings)


class LineRecordingSensor(LineEntity, RecorderRecordingSensor):
    """On while a call of the line is recorded."""


class NoChannelSensor(RecorderEntity, BinarySensorEntity):
    """On after a start that was refused for want of a licensed channel."""

    @property
    @override
    def is_on(self) -> bool:
        """Tell how the last start ended."""
        return self.coordinator.no_channel_available
