"""Repair issues: what only the recorder's administrator can mend."""

from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN

ACCESS_ISSUES: Final = (
    "api_disabled",
    "insufficient_permissions",
    "ip_blocked",
    "service_gone",
    "token_limit",
)
"""Keys of `AccessError`: a poll that works takes them back."""
ISSUES: Final = (
    *ACCESS_ISSUES,
    "archive_not_allowed",
    "no_channel_available",
    "recordings_lost",
)


@callback
def async_create_issue(hass: HomeAssistant, entry: ConfigEntry, key: str) -> None:
    """Tell the user what is missing. It goes away by itself when it is there."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, key),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders={"recorder": entry.title},
    )


@callback
def async_delete_issue(hass: HomeAssistant, entry: ConfigEntry, key: str) -> None:
    """Take back an issue: what was missing is there."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, key))


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back all issues of the recorder."""
    for key in ISSUES:
        async_delete_issue(hass, entry, key)


def _issue_id(entry: ConfigEntry, key: str) -> str:
    """Name an issue, the same one at each time."""
    return f"{key}_{entry.entry_id}"
