"""What a client keeps lives as long as its entry."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.client_factory import EntryStorage
from homeassistant.core import HomeAssistant


async def test_nothing_is_saved_after_removal(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    imagicle_entry: MockConfigEntry,
) -> None:
    """A command that is under way while the entry is removed leaves no file behind."""
    key = f"call_recorder.{imagicle_entry.entry_id}"
    storage = EntryStorage(hass, imagicle_entry.entry_id)
    await storage.save({"token": "one"})
    assert hass_storage[key]["data"] == {"token": "one"}
    await hass.config_entries.async_remove(imagicle_entry.entry_id)
    assert key not in hass_storage
    await storage.save({"token": "two"})
    assert key not in hass_storage
