"""Binary sensors: whether anything is being recorded."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import CallRecorderConfigEntry
from .entity import RecorderEntity

# The coordinator does the talking; the entities only read what it found.
PARALLEL_UPDATES = 0

RECORDING: Final = BinarySensorEntityDescription(
    key="recording",
    translation_key="recording",
    device_class=BinarySensorDeviceClass.RUNNING,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CallRecorderConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the recorder's binary sensors."""
    async_add_entities([RecordingBinarySensor(entry.runtime_data.live, RECORDING)])


class RecordingBinarySensor(RecorderEntity, BinarySensorEntity):
    """On while at least one recording is active."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether anything is recorded; `None` while that is not known."""
        recordings = self.coordinator.data.recordings
        return None if recordings is None else bool(recordings)
