"""Triggers of automations: a recording was started, paused, ended, ..."""

from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType

from .automation_targets import ChosenSources, async_validate_chosen
from .recording_events import RecordingEvent, RecordingEventType, async_listen_events


class RecordingTrigger(Trigger):
    """Triggers on one type of event, of chosen recorders and lines or of any."""

    event_type: RecordingEventType

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate what was chosen."""
        return async_validate_chosen(hass, config)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        self._chosen = ChosenSources(hass, config.target, config.options)

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action at each event of what was chosen."""

        @callback
        def _handle_event(event: RecordingEvent) -> None:
            """Run the action if the event is of the type."""
            if event.type is self.event_type:
                run_action(
                    # With it an action finds the recorder, where there are several.
                    {**event.attributes, "config_entry_id": event.entry_id},
                    f"{event.type.value} on {event.line or event.recorder}",
                )

        return await self._chosen.async_follow(
            lambda source: async_listen_events(self._hass, _handle_event, source)
        )


class RecordingStartedTrigger(RecordingTrigger):
    """A recording started."""

    event_type = RecordingEventType.STARTED


class RecordingPausedTrigger(RecordingTrigger):
    """A recording was paused."""

    event_type = RecordingEventType.PAUSED


class RecordingResumedTrigger(RecordingTrigger):
    """A paused recording was resumed."""

    event_type = RecordingEventType.RESUMED


class RecordingEndedTrigger(RecordingTrigger):
    """A recording ended."""

    event_type = RecordingEventType.ENDED


class RecordingArchivedTrigger(RecordingTrigger):
    """A recording arrived in the archive."""

    event_type = RecordingEventType.ARCHIVED


class RecordingFailedTrigger(RecordingTrigger):
    """A recording could not be started."""

    event_type = RecordingEventType.FAILED


class RecordingLostTrigger(RecordingTrigger):
    """A recording did not arrive in the archive."""

    event_type = RecordingEventType.LOST


class CallNotRecordedTrigger(RecordingTrigger):
    """A call that must be recorded is not."""

    event_type = RecordingEventType.NOT_RECORDED


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "recording_started": RecordingStartedTrigger,
    "recording_paused": RecordingPausedTrigger,
    "recording_resumed": RecordingResumedTrigger,
    "recording_ended": RecordingEndedTrigger,
    "recording_archived": RecordingArchivedTrigger,
    "recording_failed": RecordingFailedTrigger,
    "recording_lost": RecordingLostTrigger,
    "call_not_recorded": CallNotRecordedTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS
