"""Buttons: start recording a line."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.client import Capability
from .commands import async_start_recording, translated_errors
from .data import CallRecorderConfigEntry
from .entity import LineEntity

# One command at a time.
PARALLEL_UPDATES = 1

START_RECORDING: Final = ButtonEntityDescription(
    key="start_recording", translation_key="start_recording"
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CallRecorderConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a start button for each line that a command can name."""
    live = entry.runtime_data.live
    if Capability.START not in live.client.capabilities:
        return
    for line in live.lines:
        if not line.address.is_empty:
            async_add_entities(
                [StartRecordingButton(live, line, START_RECORDING)],
                config_subentry_id=line.id,
            )


class StartRecordingButton(LineEntity, ButtonEntity):
    """Starts recording the line's connected call."""

    @override
    async def async_press(self) -> None:
        """Start recording; a refusal is shown to the user."""
        live = self.coordinator
        with translated_errors(live):
            await async_start_recording(live, self.line.address)
