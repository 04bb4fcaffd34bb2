"""Describes in the activity log what happened to recordings, and who listened.

The log is in the language of Home Assistant, not in that of the user who reads it.
"""

from collections.abc import Callable, Mapping

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .api.models import Direction
from .const import DOMAIN, EVENT_ACTIVITY, EVENT_PLAYED


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the events of Call Recorder."""

    @callback
    def _texts() -> Mapping[str, str]:
        """Return the texts in the language of Home Assistant."""
        return async_get_cached_translations(
            hass, hass.config.language, "common", DOMAIN
        )

    @callback
    def _describe_played(event: Event) -> dict[str, str]:
        """Describe that a user listened; the log adds the user's name."""
        return {
            LOGBOOK_ENTRY_NAME: event.data["recorder"],
            LOGBOOK_ENTRY_MESSAGE: _texts().get(
                f"component.{DOMAIN}.common.played", "recording was played"
            ),
        }

    @callback
    def _describe_activity(event: Event) -> dict[str, str]:
        """Describe what happened to a recording of a line, in one row.

        "Reception: recording started, incoming, •••298"
        """
        texts, data = _texts(), event.data
        keys = [f"activity_{data['type']}"]
        if data["direction"] not in (None, Direction.UNKNOWN):
            keys.append(f"direction_{data['direction']}")
        words = [texts.get(f"component.{DOMAIN}.common.{key}", key) for key in keys]
        return {
            LOGBOOK_ENTRY_NAME: data["name"],
            LOGBOOK_ENTRY_MESSAGE: ", ".join(filter(None, [*words, data["number"]])),
            LOGBOOK_ENTRY_ICON: "mdi:record-rec",
        }

    async_describe_event(DOMAIN, EVENT_PLAYED, _describe_played)
    async_describe_event(DOMAIN, EVENT_ACTIVITY, _describe_activity)
