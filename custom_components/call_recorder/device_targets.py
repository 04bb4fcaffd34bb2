"""Finds recorders and lines by the devices that a user has chosen."""

from collections.abc import Iterable
from typing import NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

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
