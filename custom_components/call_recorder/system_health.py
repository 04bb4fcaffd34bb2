"""System health: how the recorders are doing, without asking them."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .data import CallRecorderConfigEntry


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Register what is shown on the system health page."""
    register.async_register_info(_system_health_info)


async def _system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Count the recorders, and those whose last poll was answered."""
    entries: list[CallRecorderConfigEntry] = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False
    )
    loaded: list[CallRecorderConfigEntry] = hass.config_entries.async_loaded_entries(
        DOMAIN
    )
    return {
        "recorders": len(entries),
        "reachable_recorders": sum(
            entry.runtime_data.live.last_update_success for entry in loaded
        ),
    }
