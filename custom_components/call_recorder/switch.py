"""Switches: record a line, where the recorder can both start and stop."""

from typing import Any, Final, override

from homeassistant.components.homeassistant.exposed_entities import KNOWN_ASSISTANTS
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.client import Capability
from .api.errors import ErrorKey, RefusedError
from .commands import async_start_recording, async_stop_recording, translated_errors
from .data import CallRecorderConfigEntry
from .entity import LineEntity

# One command at a time.
PARALLEL_UPDATES = 1

RECORDING: Final = SwitchEntityDescription(key="recording", translation_key="recording")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CallRecorderConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a switch for each line that a command can name."""
    live = entry.runtime_data.live
    if not {Capability.START, Capability.STOP} <= live.client.capabilities:
        return
    for line in live.lines:
        if not line.address.is_empty:
            async_add_entities(
                [RecordingSwitch(live, line, RECORDING)], config_subentry_id=line.id
            )


class RecordingSwitch(LineEntity, SwitchEntity):
    """Starts and stops the recording of the line's call."""

    @override
    def get_initial_entity_options(self) -> er.EntityOptionsType:
        """Leave it to the user to let an assistant record: other switches are exposed."""
        unexposed = {"should_expose": False}
        return {
            **(super().get_initial_entity_options() or {}),
            **dict.fromkeys(KNOWN_ASSISTANTS, unexposed),
        }

    @property
    @override
    def value(self) -> bool | None:
        """Return whether the line is recorded; `None` while that is not known."""
        return self.snapshot.is_recording

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the line is recorded."""
        return self.value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Record the connected call, unless it is being recorded already."""
        live = self.coordinator
        with translated_errors(live):
            await async_start_recording(live, self.line.address, ensure=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stop all that is recorded on the line."""
        live, recordings = self.coordinator, self.snapshot.recordings
        with translated_errors(live):
            if not recordings:
                raise RefusedError(ErrorKey.NOT_ACTIVE_RECORDING)
            for recording in recordings:
                await async_stop_recording(live, recording.id, self.line.address)
