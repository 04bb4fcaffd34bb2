"""Finds recorders and lines by their devices, and the devices and entities of both."""

from collections.abc import Iterable
from typing import NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN


@callback
def async_get_ids(hass: HomeAssistant, device_ids: Iterable[str]) -> frozenset[str]:
    """Return the ids of entries (recorders) and subentries (lines) of devices."""
    registry = dr.async_get(hass)
    devices = filter(None, map(registry.async_get, device_ids))
    return frozenset(
        identifier
        for device in devices
        for domain, identifier in device.identifiers
        if domain == DOMAIN
    )


class FoundDevice(NamedTuple):
    """What a device stands for."""

    entry_id: str
    """The recorder."""
    line_id: str | None
    """The line (a subentry); `None` for the recorder's own device."""


@callback
def async_find_device(hass: HomeAssistant, device_id: str) -> FoundDevice | None:
    """Return the recorder or the line of a device; `None` for any other device."""
    ids = async_get_ids(hass, [device_id])
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.entry_id in ids:
            return FoundDevice(entry.entry_id, None)
        for line_id in ids & entry.subentries.keys():
            return FoundDevice(entry.entry_id, line_id)
    return None


@callback
def async_get_device(
    hass: HomeAssistant, entry: ConfigEntry, line_id: str | None = None
) -> dr.DeviceEntry | None:
    """Return the device of a recorder, or of one of its lines."""
    identifier = (DOMAIN, line_id or entry.entry_id)
    return dr.async_get(hass).async_get_device_by_identifier(identifier, entry.entry_id)


def shown_name(device: dr.DeviceEntry | None, name: str) -> str:
    """Return what the user calls a device; `name` where no name was given to it."""
    return (device and device.name_by_user) or name


@callback
def async_get_entity_id(
    hass: HomeAssistant,
    platform: str,
    key: str,
    entry: ConfigEntry,
    line_id: str | None = None,
) -> str | None:
    """Return the entity of a recorder, or of one of its lines, by its description's key."""
    owner = f"{entry.entry_id}_{line_id}" if line_id else entry.entry_id
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{owner}_{key}")
