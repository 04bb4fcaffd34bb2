"""What all entities share."""

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import LiveCoordinator


class RecorderEntity(CoordinatorEntity[LiveCoordinator]):
    """An entity of the recorder's device."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: LiveCoordinator, description: EntityDescription
    ) -> None:
        """Put the entity on the recorder's device."""
        super().__init__(coordinator)
        self.entity_description = description
        entry = coordinator.config_entry
        info = coordinator.client.info
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
            manufacturer=coordinator.client.manufacturer,
            model=info.model,
            sw_version=info.sw_version,
            serial_number=info.serial_number,
            configuration_url=entry.data["url"],
            entry_type=DeviceEntryType.SERVICE,
        )
