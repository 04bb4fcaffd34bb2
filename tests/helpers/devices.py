"""Finds devices by what they are called."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr


def find_device(
    hass: HomeAssistant, entry: MockConfigEntry, name: str
) -> dr.DeviceEntry:
    """Return the device of a recorder or line."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    (found,) = (device for device in devices if device.name == name)
    return found
