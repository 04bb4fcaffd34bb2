"""The door of Call Recorder: sets up and unloads a recorder."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .actions import async_setup_actions
from .connection import EntryStorage, create_client
from .const import DOMAIN
from .coordinator import CallRecorderConfigEntry, CallRecorderData, LiveCoordinator
from .issues import async_delete_issues

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = (Platform.BINARY_SENSOR, Platform.SENSOR)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all recorders share."""
    async_setup_actions(hass)
    return True


async def async_setup_entry(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> bool:
    """Set up a recorder."""
    client = create_client(
        hass,
        {**entry.data, **entry.options},
        storage=EntryStorage(hass, entry.entry_id),
    )
    live = LiveCoordinator(hass, entry, client)
    await live.async_config_entry_first_refresh()
    entry.runtime_data = CallRecorderData(client=client, live=live)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    live.async_listen()
    return True


async def async_unload_entry(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> bool:
    """Unload a recorder, and give back what it lent us."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.client.close()
    async_delete_issues(hass, entry)
    return True


async def async_remove_entry(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> None:
    """Leave nothing behind of a removed recorder."""
    async_delete_issues(hass, entry)
    await EntryStorage(hass, entry.entry_id).remove()
