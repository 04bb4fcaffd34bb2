"""Diagnostics: what helps to find a fault, and nothing about people.

Fields are picked one by one, so a new field of a recorder does not get out by itself.
"""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant

from .api.errors import RecorderError
from .const import CONF_RECORDER
from .data import CallRecorderConfigEntry
from .issues import IssueKey, async_has_issue
from .lines import lines_of
from .polling import PollingCoordinator


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of a recorder, also of one that cannot be set up."""
    diagnostics: dict[str, Any] = {
        "recorder": entry.data[CONF_RECORDER],
        "state": entry.state.value,
        "reason": entry.error_reason_translation_key,
        "verify_ssl": entry.data[CONF_VERIFY_SSL],
        "options": sorted(entry.options),
        "lines": len(lines_of(entry)),
        "issues": [key for key in IssueKey if async_has_issue(hass, entry, key)],
    }
    if entry.state is ConfigEntryState.LOADED:
        diagnostics |= {
            "client": _client_diagnostics(entry),
            "live": _live_diagnostics(entry),
            "archive": _archive_diagnostics(entry),
        }
    return diagnostics


def _client_diagnostics(entry: CallRecorderConfigEntry) -> dict[str, Any]:
    """Return what is known of the recorder itself."""
    client = entry.runtime_data.live.client
    return {
        "model": client.info.model,
        "sw_version": client.info.sw_version,
        "capabilities": sorted(client.capabilities),
        "push_connected": client.push_connected,
    }


def _live_diagnostics(entry: CallRecorderConfigEntry) -> dict[str, Any]:
    """Return what is known of the active recordings."""
    live = entry.runtime_data.live
    recordings = live.data.recordings
    return {
        **_poll_diagnostics(live),
        "active_calls": live.data.active_calls,
        "recordings": None
        if recordings is None
        else [
            {
                "started_at": recording.started_at,
                "is_paused": recording.is_paused,
                "direction": recording.direction,
                "has_local_party": any(
                    (recording.local_party.username, recording.local_party.number)
                ),
                "has_remote_number": bool(recording.remote_party.phone_number),
            }
            for recording in recordings
        ],
    }


def _archive_diagnostics(entry: CallRecorderConfigEntry) -> dict[str, Any]:
    """Return what is known of the archive."""
    archive = entry.runtime_data.archive
    data, known = archive.data, archive.known
    return {
        **_poll_diagnostics(archive),
        "newest_start": data.newest.started_at if data and data.newest else None,
        "total": data.total if data else None,
        "today": data.today if data else None,
        "known_since": None if known is None else known.since,
        "known": None if known is None else len(known),
        "expected": len(archive.expected),
        "lost_in_a_row": archive.lost_in_a_row,
        "playbacks": len(entry.runtime_data.playbacks),
    }


def _poll_diagnostics(coordinator: PollingCoordinator[Any]) -> dict[str, Any]:
    """Return how the polls go."""
    interval = coordinator.update_interval
    return {
        "last_update_success": coordinator.last_update_success,
        "last_error": _error_text(coordinator.last_exception),
        "failures_in_a_row": coordinator.failures,
        "update_interval": None if interval is None else interval.total_seconds(),
    }


def _error_text(err: BaseException | None) -> str | None:
    """Return the last error by key and status: our errors hold no more."""
    if err is None:
        return None
    cause = err.__cause__ or err
    return str(cause) if isinstance(cause, RecorderError) else type(cause).__name__
