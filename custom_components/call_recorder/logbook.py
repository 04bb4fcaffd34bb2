"""Describes in the activity log who listened to a recording."""

from collections.abc import Callable

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_PLAYED


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the events of Call Recorder."""

    @callback
    def _describe_played(event: Event) -> dict[str, str]:
        """Describe that a user listened; the log adds the user's name."""
        texts = async_get_cached_translations(
            hass, hass.config.language, "common", DOMAIN
        )
        return {
            LOGBOOK_ENTRY_NAME: event.data["recorder"],
            LOGBOOK_ENTRY_MESSAGE: texts.get(
                f"component.{DOMAIN}.common.played", "recording was played"
            ),
        }

    async_describe_event(DOMAIN, EVENT_PLAYED, _describe_played)
