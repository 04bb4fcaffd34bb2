"""The door of Call Recorder: sets up and unloads a recorder."""

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .archive.coordinator import ArchiveCoordinator
from .archive.export import async_forget_exports, async_setup_exports
from .archive.playback import Playbacks
from .client_factory import (
    EntryStorage,
    async_create_entry_client,
    async_follow_reloads,
    async_import_client,
)
from .const import CONF_RECORDER, DOMAIN
from .coordinator import LiveCoordinator
from .data import CallRecorderConfigEntry, CallRecorderData
from .entity import async_register_devices
from .frontend import async_setup_frontend
from .issues import (
    async_check_encryption,
    async_delete_issues,
    async_delete_passing_issues,
)
from .line_watch import create_watches
from .lines import lines_of
from .services import async_setup_actions
from .views import async_setup_views
from .websocket_api import async_setup_websocket_api

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all recorders share."""
    async_follow_reloads(hass)
    async_setup_actions(hass)
    async_setup_views(hass)
    await async_setup_exports(hass)
    async_setup_websocket_api(hass)
    await async_setup_frontend(hass)
    return True


async def async_setup_entry(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> bool:
    """Set up a recorder."""
    await async_import_client(hass, entry.data[CONF_RECORDER])
    async_check_encryption(hass, entry)
    client = await async_create_entry_client(hass, entry)
    live = LiveCoordinator(hass, entry, client)
    await live.async_config_entry_first_refresh()
    entry.runtime_data = CallRecorderData(
        live=live,
        archive=ArchiveCoordinator(hass, entry, client, live),
        playbacks=Playbacks(hass, client),
        watches=create_watches(live),
    )
    async_register_devices(hass, entry, live)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    live.async_listen()
    _async_follow_info(hass, entry, live)
    entry.runtime_data.archive.async_start()
    for watch in entry.runtime_data.watches.values():
        watch.async_start()
    _async_reload_with_lines(hass, entry)
    return True


@callback
def _async_follow_info(
    hass: HomeAssistant, entry: CallRecorderConfigEntry, live: LiveCoordinator
) -> None:
    """Show what a recorder reports of itself later: its model, its firmware."""
    info = live.client.info

    @callback
    def _handle_update() -> None:
        """Renew the device when there is something new to show."""
        nonlocal info
        if live.client.info != info:
            info = live.client.info
            async_register_devices(hass, entry, live)

    entry.async_on_unload(live.async_add_listener(_handle_update))


@callback
def _async_reload_with_lines(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> None:
    """Reload the recorder when a line was added, changed or removed.

    No update listener: the flows reload by themselves, also when nothing changed.
    """
    known = tuple(entry.runtime_data.live.lines)

    @callback
    def _look() -> None:
        """Reload when the lines are not those that were set up."""
        nonlocal known
        if (lines := lines_of(entry)) != known:
            known = lines
            hass.config_entries.async_schedule_reload(entry.entry_id)

    @callback
    def _handle_change(change: ConfigEntryChange, changed: ConfigEntry) -> None:
        """Look when it is this recorder that changed."""
        if changed is entry:
            _look()

    entry.async_on_unload(
        async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, _handle_change)
    )
    # One may have been added while the recorder was being set up.
    _look()


async def async_unload_entry(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> bool:
    """Unload a recorder, and close its client."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.playbacks.close()
    await entry.runtime_data.live.client.close()
    async_delete_passing_issues(hass, entry)
    return True


async def async_remove_entry(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> None:
    """Leave nothing behind of a removed recorder."""
    async_delete_issues(hass, entry)
    await EntryStorage(hass, entry.entry_id).remove()
    if not hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        await async_forget_exports(hass)
