"""Entries of simulated recorders, set up or not."""

from collections.abc import Mapping
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.api import client_class
from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryData, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from simulator.recorder import Recorder

from .clock import settle


def entry_data(recorder: Recorder) -> dict[str, Any]:
    """Return the data of an entry for a simulated recorder."""
    return {"recorder": recorder.name, **recorder.settings}


def make_entry(
    hass: HomeAssistant, data: dict[str, Any], **kwargs: Any
) -> MockConfigEntry:
    """Return an entry for a simulated recorder, not set up yet."""
    recorder = data["recorder"]
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=recorder.title(),
        data=data,
        unique_id=client_class(recorder).unique_id(data),
        entry_id=f"01{recorder.upper()}",
        **kwargs,
    )
    entry.add_to_hass(hass)
    return entry


def add_lines(**lines: dict[str, Any]) -> list[ConfigSubentryData]:
    """Return the subentries of lines, by their names."""
    return [
        ConfigSubentryData(
            subentry_type="line",
            title=name,
            data=data,
            unique_id=None,
        )
        for name, data in lines.items()
    ]


def add_reception(**address: str) -> list[ConfigSubentryDataWithId]:
    """Return a line that must be recorded; its id is always the same, as snapshots are."""
    return [
        ConfigSubentryDataWithId(
            data={**address, "must_be_recorded": True},
            subentry_id="01LINE",
            subentry_type="line",
            title="Reception",
            unique_id=None,
        )
    ]


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set up an entry, and let its first polls happen."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


async def set_up_recorder(
    hass: HomeAssistant,
    data: dict[str, Any],
    *,
    lines: Mapping[str, dict[str, Any]] | None = None,
    options: dict[str, Any] | None = None,
) -> MockConfigEntry:
    """Return a simulated recorder's entry that is set up, with lines by their names."""
    entry = make_entry(
        hass, data, subentries_data=add_lines(**(lines or {})), options=options
    )
    await set_up(hass, entry)
    return entry
