"""Makes a recorder's client, with Home Assistant's session, time zone and storage."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import CONF_VERIFY_SSL, EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .api import client_class
from .api.client import RecorderClient, Storage
from .const import CONF_RECORDER, DOMAIN

_STORAGE_VERSION: Final = 1
_SESSIONS: Final[HassKey[dict[bool, ClientSession]]] = HassKey(f"{DOMAIN}_sessions")
"""Sessions by `verify_ssl`."""
_UNLOADED: Final[HassKey[set[str]]] = HassKey(f"{DOMAIN}_unloaded")
"""Ids of the entries that were unloaded and are not set up again yet."""


class EntryStorage:
    """Keeps the few facts of a recorder's client across restarts.

    Nothing is saved after the entry was removed, although a command may still be
    under way then.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Name the file after the entry."""
        self._hass = hass
        self._entry_id = entry_id
        self._store: Store[dict[str, Any]] = Store(
            hass, _STORAGE_VERSION, f"{DOMAIN}.{entry_id}", private=True
        )

    async def load(self) -> dict[str, Any] | None:
        """Return what was saved last."""
        return await self._store.async_load()

    async def save(self, data: dict[str, Any]) -> None:
        """Save at once: a recorder counts the tokens that are forgotten here."""
        if self._hass.config_entries.async_get_entry(self._entry_id) is None:
            return
        await self._store.async_save(data)

    async def remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()


async def async_import_client(hass: HomeAssistant, recorder: str) -> None:
    """Import the client of a kind of recorder, beside the event loop."""
    await hass.async_add_import_executor_job(client_class, recorder)


def create_client(
    hass: HomeAssistant,
    settings: Mapping[str, Any],
    *,
    storage: Storage | None = None,
) -> RecorderClient:
    """Return a client of the recorder that the settings name.

    Raises `ValueError` when the address cannot be used.
    """
    return client_class(settings[CONF_RECORDER])(
        _get_session(hass, verify_ssl=settings[CONF_VERIFY_SSL]),
        settings,
        time_zone=dt_util.get_default_time_zone(),
        storage=storage,
    )


@callback
def _get_session(hass: HomeAssistant, *, verify_ssl: bool) -> ClientSession:
    """Return the session of all recorders, on Home Assistant's own connections.

    It keeps no cookies: those of one user would go with the requests of another one,
    and a recorder could fill the jar that Home Assistant's integrations share.
    """
    sessions = hass.data.setdefault(_SESSIONS, {})
    if (session := sessions.get(verify_ssl)) is None:
        # Not cleaned up with the entry that happens to be set up first.
        session = sessions[verify_ssl] = async_create_clientsession(
            hass, verify_ssl, auto_cleanup=False, cookie_jar=DummyCookieJar()
        )

        @callback
        def detach(_: Event) -> None:
            """Leave the connections to Home Assistant."""
            session.detach()

        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, detach)
    return session


@callback
def async_follow_reloads(hass: HomeAssistant) -> None:
    """Notice which recorders are unloaded while Home Assistant runs.

    Then a person has reloaded, reconfigured or enabled it. What Home Assistant does
    by itself, at its start or after a set-up that failed, unloads nothing.
    """
    hass.data[_UNLOADED] = set()

    @callback
    def _handle_change(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Note a recorder that was unloaded."""
        if entry.domain == DOMAIN and entry.state is ConfigEntryState.NOT_LOADED:
            hass.data[_UNLOADED].add(entry.entry_id)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, _handle_change)


async def async_create_entry_client(
    hass: HomeAssistant, entry: ConfigEntry
) -> RecorderClient:
    """Return the client of an entry that is being set up.

    It asks at once if a person wants that, although the recorder asked to wait.
    """
    client = create_client(
        hass,
        {**entry.data, **entry.options},
        storage=EntryStorage(hass, entry.entry_id),
    )
    if entry.entry_id in hass.data[_UNLOADED]:
        hass.data[_UNLOADED].discard(entry.entry_id)
        await client.retry_at_once()
    return client
