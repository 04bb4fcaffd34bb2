"""Diagnostics: what helps to find a fault, and nothing about people.

Fields are picked one by one. What is not named here does not get out.
"""

from typing import Any

from homeassistant.core import HomeAssistant

from .const import CONF_RECORDER
from .data import CallRecorderConfigEntry


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: CallRecorderConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of a recorder."""
    client, live = entry.runtime_data.client, entry.runtime_data.live
    recordings = live.data.recordings
    return {
        "recorder": entry.data[CONF_RECORDER],
        "verify_ssl": entry.data["verify_ssl"],
        "options": sorted(entry.options),
        "model": client.info.model,
        "sw_version": client.info.sw_version,
        "capabilities": sorted(client.capabilities),
        "push_connected": client.push_connected,
        "live": {
            "last_update_success": live.last_update_success,
            "last_error": _error_text(live.last_exception),
            "failures_in_a_row": live.failures,
            "update_interval": live.update_interval
            and live.update_interval.total_seconds(),
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
        },
        "archive": _archive_diagnostics(entry),
    }


def _archive_diagnostics(entry: CallRecorderConfigEntry) -> dict[str, Any]:
    """Return what is known of the archive."""
    archive = entry.runtime_data.archive
    data, known = archive.data, archive.known
    return {
        "last_update_success": archive.last_update_success,
        "last_error": _error_text(archive.last_exception),
        "failures_in_a_row": archive.failures,
        "update_interval": archive.update_interval
        and archive.update_interval.total_seconds(),
        "newest_start": data.newest.started_at if data and data.newest else None,
        "total": data.total if data else None,
        "today": data.today if data else None,
        "known_since": None if known is None else known.since,
        "known": None if known is None else len(known),
        "expected": len(archive.expected),
        "lost_in_a_row": archive.lost_in_a_row,
        "sounds_kept": len(entry.runtime_data.playbacks),
    }


def _error_text(err: BaseException | None) -> str | None:
    """Return what went wrong last, by key and status: our errors hold no more."""
    return None if err is None else str(err.__cause__ or type(err).__name__)
