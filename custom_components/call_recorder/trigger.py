"""Triggers that need no knowledge of entities: a recording started, ended, ..."""

from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType

from .device_targets import async_get_chosen_ids, async_validate_devices
from .recording_events import RecordingEvent, RecordingEventType, async_listen_events


class RecordingTrigger(Trigger):
    """Triggers on one type of event, of chosen recorders and lines or of any."""

    event_type: RecordingEventType

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate the chosen devices."""
        return async_validate_devices(hass, config)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        self._options = config.options

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action at each event that is meant."""
        chosen = async_get_chosen_ids(self._hass, self._options)

        @callback
        def _handle_event(event: RecordingEvent) -> None:
            """Run the action if the event is of the type."""
            if event.type is self.event_type:
                run_action(
                    # With it an action finds the recorder, where there are several.
                    {**event.attributes(), "config_entry_id": event.entry_id},
                    f"{event.type.value} on {event.line or event.recorder}",
                )

        removes = [
            async_listen_events(self._hass, _handle_event, source)
            for source in ([None] if chosen is None else chosen)
        ]

        @callback
        def _remove() -> None:
            """Listen no more."""
            for remove in removes:
                remove()

        return _remove


class RecordingStartedTrigger(RecordingTrigger):
    """A recording started."""

    event_type = RecordingEventType.STARTED


class RecordingPausedTrigger(RecordingTrigger):
    """A recording was paused."""

    event_type = RecordingEventType.PAUSED


class RecordingEndedTrigger(RecordingTrigger):
    """A recording ended."""

    event_type = RecordingEventType.ENDED


class RecordingArchivedTrigger(RecordingTrigger):
    """A recording arrived in the archive."""

    event_type = RecordingEventType.ARCHIVED


class RecordingFailedTrigger(RecordingTrigger):
    """A recording could not be started."""

    event_type = RecordingEventType.FAILED


class CallNotRecordedTrigger(RecordingTrigger):
    """A call that must be recorded is not."""

    event_type = RecordingEventType.NOT_RECORDED


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "recording_started": RecordingStartedTrigger,
    "recording_paused": RecordingPausedTrigger,
    "recording_ended": RecordingEndedTrigger,
    "recording_archived": RecordingArchivedTrigger,
    "recording_failed": RecordingFailedTrigger,
    "call_not_recorded": CallNotRecordedTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS
