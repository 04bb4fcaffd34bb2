"""Repair issues: what a person has to look at or fix."""

from enum import StrEnum
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .api import client_class
from .const import CONF_RECORDER, DOMAIN


class IssueKey(StrEnum):
    """Keys of the issues (translations, `issues`)."""

    API_DISABLED = "api_disabled"
    ARCHIVE_NOT_ALLOWED = "archive_not_allowed"
    INSUFFICIENT_PERMISSIONS = "insufficient_permissions"
    IP_BLOCKED = "ip_blocked"
    NO_CHANNEL_AVAILABLE = "no_channel_available"
    RECORDINGS_LOST = "recordings_lost"
    SERVICE_GONE = "service_gone"
    TOKEN_LIMIT = "token_limit"  # noqa: S105 - a key, no password
    UNENCRYPTED = "unencrypted"


ACCESS_ISSUES: Final = (
    IssueKey.API_DISABLED,
    IssueKey.INSUFFICIENT_PERMISSIONS,
    IssueKey.IP_BLOCKED,
    IssueKey.SERVICE_GONE,
    IssueKey.TOKEN_LIMIT,
)
"""Keys of `AccessError` too: a poll that works deletes these issues."""
_WARNINGS: Final = (
    IssueKey.ARCHIVE_NOT_ALLOWED,
    IssueKey.NO_CHANNEL_AVAILABLE,
    IssueKey.UNENCRYPTED,
)
"""All other issues mean that something is broken."""
_LEARN_MORE: Final = (
    "https://github.com/call-recorder/call-recorder/blob/main/docs/troubleshooting.md"
    "#repairs-shows"
)


@callback
def async_create_issue(hass: HomeAssistant, entry: ConfigEntry, key: IssueKey) -> None:
    """Show an issue of the recorder. It is deleted when its cause is gone."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, key),
        data={"entry_id": entry.entry_id, "key": key.value},
        # A person can only ignore it, or reconfigure the recorder.
        is_fixable=key is not IssueKey.UNENCRYPTED,
        learn_more_url=_LEARN_MORE,
        severity=ir.IssueSeverity.WARNING
        if key in _WARNINGS
        else ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders={"recorder": entry.title},
    )


@callback
def async_has_issue(hass: HomeAssistant, entry: ConfigEntry, key: IssueKey) -> bool:
    """Return whether an issue of the recorder is shown."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, _issue_id(entry, key))
    return issue is not None and issue.active


@callback
def async_delete_issue(hass: HomeAssistant, entry: ConfigEntry, key: IssueKey) -> None:
    """Delete an issue: its cause is gone."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, key))


@callback
def async_delete_passing_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete what is found out again when the recorder is loaded again.

    What a person has ignored stays ignored, unless the recorder is disabled.
    """
    for key in IssueKey:
        if key is not IssueKey.UNENCRYPTED or entry.disabled_by:
            async_delete_issue(hass, entry, key)


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete all issues of the recorder."""
    for key in IssueKey:
        async_delete_issue(hass, entry, key)


@callback
def async_check_encryption(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Warn while the credentials travel unencrypted."""
    if client_class(entry.data[CONF_RECORDER]).is_encrypted(entry.data):
        async_delete_issue(hass, entry, IssueKey.UNENCRYPTED)
    else:
        async_create_issue(hass, entry, IssueKey.UNENCRYPTED)


def _issue_id(entry: ConfigEntry, key: IssueKey) -> str:
    """Return the id of an issue: one per recorder and key."""
    return f"{key}_{entry.entry_id}"
