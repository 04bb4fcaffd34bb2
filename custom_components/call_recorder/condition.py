"""Conditions that need no knowledge of entities: is recording, is paused."""

from typing import Unpack, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .data import CallRecorderConfigEntry
from .device_targets import async_get_chosen_ids, async_validate_devices
from .snapshot import Activity, LiveStatus


class RecordingCondition(Condition):
    """True while any of the chosen recorders and lines is in a state."""

    status: LiveStatus

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate the chosen devices."""
        return async_validate_devices(hass, config)

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        self._chosen = async_get_chosen_ids(hass, config.options)

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Look at what the recorders said last."""
        return any(snapshot.status is self.status for snapshot in self._snapshots())

    def _snapshots(self) -> list[Activity]:
        """Return what is being recorded where, as far as it is known now."""
        entries: list[CallRecorderConfigEntry] = (
            self._hass.config_entries.async_loaded_entries(DOMAIN)
        )
        snapshots: list[Activity] = []
        for entry in entries:
            live = entry.runtime_data.live
            if not live.last_update_success:
                continue
            if self._chosen is None or entry.entry_id in self._chosen:
                snapshots.append(live.data)
            snapshots += [
                live.data.of_line(line.id)
                for line in live.lines
                if self._chosen is not None and line.id in self._chosen
            ]
        return snapshots


class IsRecordingCondition(RecordingCondition):
    """True while a recording is running."""

    status = LiveStatus.RECORDING


class IsPausedCondition(RecordingCondition):
    """True while all recordings are paused, and there are some."""

    status = LiveStatus.PAUSED


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return {"is_recording": IsRecordingCondition, "is_paused": IsPausedCondition}
