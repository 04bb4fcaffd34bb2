"""Conditions of automations: a recorder or line is recording, paused or idle."""

from typing import Unpack, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType

from .automation_targets import ChosenSources, async_validate_chosen
from .const import DOMAIN
from .data import CallRecorderConfigEntry
from .snapshot import Activity, LiveStatus


class RecordingCondition(Condition):
    """True while any of the chosen recorders and lines is in a state."""

    status: LiveStatus

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate what was chosen."""
        return async_validate_chosen(hass, config)

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        self._chosen = ChosenSources(hass, config.target, config.options)

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Compare with the last snapshots."""
        return any(activity.status is self.status for activity in self._activities())

    def _activities(self) -> list[Activity]:
        """Return what is recorded by the recorders and lines that answer."""
        chosen = self._chosen.async_get_ids()
        activities: list[Activity] = []
        entries: list[CallRecorderConfigEntry] = (
            self._hass.config_entries.async_loaded_entries(DOMAIN)
        )
        for entry in entries:
            live = entry.runtime_data.live
            if not live.last_update_success:
                continue
            if chosen is None or entry.entry_id in chosen:
                activities.append(live.data)
            if chosen is not None:
                line_ids = chosen & entry.subentries.keys()
                activities += map(live.data.of_line, line_ids)
        return activities


class IsRecordingCondition(RecordingCondition):
    """True while a recording is running."""

    status = LiveStatus.RECORDING


class IsPausedCondition(RecordingCondition):
    """True while all recordings are paused, and there are some."""

    status = LiveStatus.PAUSED


class IsIdleCondition(RecordingCondition):
    """True while nothing is recorded."""

    status = LiveStatus.IDLE


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return {
        "is_idle": IsIdleCondition,
        "is_paused": IsPausedCondition,
        "is_recording": IsRecordingCondition,
    }
