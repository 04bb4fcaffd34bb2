"""Event entities: what happens to recordings, for automations and the logbook."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import CallRecorderConfigEntry
from .entity import LineEntity, RecorderEntity
from .recording_events import RecordingEvent, RecordingEventType, async_listen_events

# The coordinator does the talking; the entities only pass on what it found.
PARALLEL_UPDATES = 0

RECORDING: Final = EventEntityDescription(
    key="recording",
    translation_key="recording",
    event_types=[event_type.value for event_type in RecordingEventType],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CallRecorderConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entities of the recorder and its lines."""
    live = entry.runtime_data.live
    async_add_entities([RecorderRecordingEvent(live, RECORDING)])
    for line in live.lines:
        async_add_entities(
            [LineRecordingEvent(live, line, RECORDING)], config_subentry_id=line.id
        )


class _RecordingEvents(EventEntity):
    """Shows the events of a source: a recorder or a line."""

    # Automations see who spoke with whom; the database does not keep it.
    _unrecorded_attributes = frozenset({"local_party", "remote_party"})

    @property
    @override
    def available(self) -> bool:
        """Stay available in an outage, in which there are events too.

        The archive may answer while the live list does not, and a command be refused.
        """
        return True

    def _listen(self, source: str) -> None:
        """Listen to the events of the source."""
        self.async_on_remove(async_listen_events(self.hass, self._show, source))

    @callback
    def _show(self, event: RecordingEvent) -> None:
        """Show an event."""
        self._trigger_event(event.type.value, dict(event.attributes))
        self.async_write_ha_state()


class RecorderRecordingEvent(_RecordingEvents, RecorderEntity):
    """Shows what happens to the recordings of a recorder."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the recorder's events."""
        await super().async_added_to_hass()
        self._listen(self.coordinator.config_entry.entry_id)


class LineRecordingEvent(_RecordingEvents, LineEntity):
    """Shows what happens to the recordings of a line."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the line's events."""
        await super().async_added_to_hass()
        self._listen(self.line.id)
