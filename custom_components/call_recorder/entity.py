"""What all entities share."""

from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .archive.coordinator import ArchiveCoordinator
from .const import DOMAIN
from .coordinator import LiveCoordinator, Snapshot
from .lines import Line


class RecorderEntity(CoordinatorEntity[LiveCoordinator]):
    """An entity of the recorder's device."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: LiveCoordinator, description: EntityDescription
    ) -> None:
        """Put the entity on the recorder's device."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self.entity_description = description
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry.entry_id)})

    @property
    def snapshot(self) -> Snapshot:
        """Return what the entity is about."""
        return self.coordinator.data


class ArchiveEntity(CoordinatorEntity[ArchiveCoordinator]):
    """An entity of the recorder's device that tells of its archive."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: ArchiveCoordinator, description: EntityDescription
    ) -> None:
        """Put the entity on the recorder's device."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self.entity_description = description
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry.entry_id)})

    @property
    @override
    def available(self) -> bool:
        """Wait for the first answer: the set-up does not."""
        return super().available and self.coordinator.data is not None


class LineEntity(RecorderEntity):
    """An entity of a line's device."""

    def __init__(
        self, coordinator: LiveCoordinator, line: Line, description: EntityDescription
    ) -> None:
        """Put the entity on the line's device, behind the recorder's."""
        super().__init__(coordinator, description)
        entry = coordinator.config_entry
        self.line = line
        self._shown = (coordinator.last_update_success, self.snapshot)
        self._attr_unique_id = f"{entry.entry_id}_{line.id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, line.id)},
            name=line.name,
            manufacturer=coordinator.client.manufacturer,
            model="Line",
            via_device_id=dr.async_get_device_id_by_identifier(
                coordinator.hass,
                (DOMAIN, entry.entry_id),
                config_entry_id=entry.entry_id,
            ),
        )

    @property
    @override
    def snapshot(self) -> Snapshot:
        """Return what is being recorded on the line."""
        return self.coordinator.data.of_line(self.line.id)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state only when it is this line that changed."""
        shown = (self.coordinator.last_update_success, self.snapshot)
        if shown != self._shown:
            self._shown = shown
            super()._handle_coordinator_update()


@callback
def async_register_recorder(
    hass: HomeAssistant, entry: ConfigEntry, live: LiveCoordinator
) -> None:
    """Make the recorder's device before those of its lines."""
    info = live.client.info
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        manufacturer=live.client.manufacturer,
        model=info.model,
        sw_version=info.sw_version,
        serial_number=info.serial_number,
        configuration_url=entry.data[CONF_URL],
        entry_type=DeviceEntryType.SERVICE,
    )
