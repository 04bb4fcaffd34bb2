"""What all entities have in common."""

from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .archive.coordinator import ArchiveCoordinator
from .const import DOMAIN
from .coordinator import LiveCoordinator
from .lines import Line
from .polling import PollingCoordinator
from .snapshot import LineSnapshot, Snapshot


class _RecorderDeviceEntity[CoordinatorT: PollingCoordinator[Any]](
    CoordinatorEntity[CoordinatorT]
):
    """An entity that writes its state only when that has changed."""

    _attr_has_entity_name = True
    _shown: tuple[bool, object] | None = None

    def __init__(
        self,
        coordinator: CoordinatorT,
        description: EntityDescription,
        line: Line | None = None,
    ) -> None:
        """Put the entity on the device of the recorder, or of a line."""
        super().__init__(coordinator, context=line.id if line else None)
        entry_id = coordinator.config_entry.entry_id
        owner = f"{entry_id}_{line.id}" if line else entry_id
        self.entity_description = description
        self._attr_unique_id = f"{owner}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, line.id if line else entry_id)}
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Remember what is shown: Home Assistant writes the first state itself."""
        await super().async_added_to_hass()
        self._shown = self._read()

    @property
    def value(self) -> object:
        """Return what the state shows of the coordinator's data."""
        return None

    def _read(self) -> tuple[bool, object]:
        """Return whether the entity is available, and its value."""
        # Before the first answer there is nothing that a value could be read from.
        available = self.available
        return available, self.value if available else None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state when it has changed."""
        shown = self._read()
        if shown != self._shown:
            self._shown = shown
            self.async_write_ha_state()


class RecorderEntity(_RecorderDeviceEntity[LiveCoordinator]):
    """An entity of the recorder's device."""

    @property
    def snapshot(self) -> Snapshot:
        """Return what the recorder is recording."""
        return self.coordinator.data


class ArchiveEntity(_RecorderDeviceEntity[ArchiveCoordinator]):
    """An entity of the recorder's device about its archive."""

    @property
    @override
    def available(self) -> bool:
        """Wait for the first answer: the set-up does not."""
        return super().available and self.coordinator.data is not None


class LineEntity(_RecorderDeviceEntity[LiveCoordinator]):
    """An entity of a line's device, called when something changes on the line."""

    def __init__(
        self, coordinator: LiveCoordinator, line: Line, description: EntityDescription
    ) -> None:
        """Put the entity on the line's device."""
        super().__init__(coordinator, description, line)
        self.line = line

    @property
    def snapshot(self) -> LineSnapshot:
        """Return what is being recorded on the line."""
        return self.coordinator.data.of_line(self.line.id)


@callback
def async_register_devices(
    hass: HomeAssistant, entry: ConfigEntry, live: LiveCoordinator
) -> None:
    """Make the recorder's device, and those of its lines behind it."""
    info, registry = live.client.info, dr.async_get(hass)
    recorder = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        manufacturer=live.client.manufacturer,
        model=info.model,
        sw_version=info.sw_version,
        serial_number=info.serial_number,
        configuration_url=entry.data.get(CONF_URL)
        if live.client.has_web_page
        else None,
        entry_type=DeviceEntryType.SERVICE,
    )
    for line in live.lines:
        registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            config_subentry_id=line.id,
            identifiers={(DOMAIN, line.id)},
            name=line.name,
            manufacturer=live.client.manufacturer,
            # Home Assistant translates no models; the card's form finds lines by it.
            model="Line",
            via_device_id=recorder.id,
        )
