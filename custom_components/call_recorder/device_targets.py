"""Finds recorders and lines by the devices that a user has chosen."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID, CONF_OPTIONS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN

_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_OPTIONS, default=dict): vol.Any(
            None,
            {vol.Optional(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string])},
        )
    }
)


@callback
def async_validate_devices(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Validate that all chosen devices are recorders or lines.

    Raises `vol.Invalid` for any other device.
    """
    validated: ConfigType = _SCHEMA(config)
    for device_id in _chosen(validated[CONF_OPTIONS]):
        if not async_get_ids(hass, [device_id]):
            raise vol.Invalid(f"Device {device_id} is no recorder and no line")
    return validated


@callback
def async_get_chosen_ids(
    hass: HomeAssistant, options: Mapping[str, Any] | None
) -> frozenset[str] | None:
    """Return the ids of the chosen recorders and lines; `None` means any."""
    chosen = _chosen(options)
    return async_get_ids(hass, chosen) if chosen else None


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


def _chosen(options: Mapping[str, Any] | None) -> list[str]:
    """Return the chosen devices."""
    return (options or {}).get(ATTR_DEVICE_ID) or []
