"""Which recorders and lines a trigger or condition of an automation is about."""

from collections.abc import Callable, Mapping
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.target import (
    TargetEntityChangeTracker,
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .device_targets import async_get_ids

_SCHEMA: Final = vol.Schema(
    {
        # Validated by Home Assistant itself.
        vol.Optional(CONF_TARGET): vol.Any(None, dict),
        vol.Optional(CONF_OPTIONS, default=dict): vol.Any(
            None,
            {vol.Optional(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string])},
        ),
    }
)


@callback
def async_validate_chosen(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Validate that all devices in the options are recorders or lines.

    Raises `vol.Invalid` for any other device. A target may have anything: of it, the
    recorders and lines are meant.
    """
    validated: ConfigType = _SCHEMA(config)
    for device_id in _devices(validated[CONF_OPTIONS]):
        if not async_get_ids(hass, [device_id]):
            raise vol.Invalid(f"Device {device_id} is no recorder and no line")
    return validated


class ChosenSources:
    """The recorders and lines that the target and the options of an automation mean."""

    def __init__(
        self,
        hass: HomeAssistant,
        target: Mapping[str, Any] | None,
        options: Mapping[str, Any] | None,
    ) -> None:
        """Take what was chosen. Without a target and devices, it means any recorder."""
        self._hass = hass
        self._target = TargetSelection(dict(target)) if target else None
        self._devices = _devices(options)

    @callback
    def async_get_ids(self) -> frozenset[str] | None:
        """Return the ids of entries (recorders) and subentries (lines); `None` is any."""
        if self._target is None:
            return async_get_ids(self._hass, self._devices) if self._devices else None
        selected = async_extract_referenced_entity_ids(self._hass, self._target)
        entity_ids = selected.referenced | selected.indirectly_referenced
        return self._ids_of(entity_ids) | async_get_ids(self._hass, self._devices)

    async def async_follow(
        self, listen: Callable[[str | None], CALLBACK_TYPE]
    ) -> CALLBACK_TYPE:
        """Listen to the sources, also to those that come later; return how to stop it.

        A line is left out when its recorder is chosen: the recorder's events are all
        that happens at its lines.
        """
        listening = _Listening(self._hass, listen)
        if self._target is None:
            listening.async_set(self.async_get_ids())
            return listening.async_stop
        tracker = _TargetTracker(
            self._hass,
            self._target,
            lambda: listening.async_set(self.async_get_ids()),
        )
        stop_tracking = await tracker.async_setup()

        @callback
        def _stop() -> None:
            """Stop following the target, and listening."""
            stop_tracking()
            listening.async_stop()

        return _stop

    def _ids_of(self, entity_ids: set[str]) -> frozenset[str]:
        """Return the recorders and lines that entities belong to."""
        registry = er.async_get(self._hass)
        entries = filter(None, map(registry.async_get, entity_ids))
        ids = (
            entry.config_subentry_id or entry.config_entry_id
            for entry in entries
            if entry.platform == DOMAIN
        )
        return frozenset(filter(None, ids))


class _Listening:
    """The listeners of the sources that are chosen now."""

    def __init__(
        self, hass: HomeAssistant, listen: Callable[[str | None], CALLBACK_TYPE]
    ) -> None:
        """Start with no source."""
        self._hass = hass
        self._listen = listen
        self._removes: dict[str | None, CALLBACK_TYPE] = {}

    @callback
    def async_set(self, sources: frozenset[str] | None) -> None:
        """Listen to these sources; `None` is any recorder."""
        wanted: set[str | None] = {None} if sources is None else set(sources)
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            if entry.entry_id in wanted:
                wanted -= entry.subentries.keys()
        for source in self._removes.keys() - wanted:
            self._removes.pop(source)()
        for source in wanted - self._removes.keys():
            self._removes[source] = self._listen(source)

    @callback
    def async_stop(self) -> None:
        """Listen no more."""
        for remove in self._removes.values():
            remove()
        self._removes.clear()


class _TargetTracker(TargetEntityChangeTracker):
    """Calls back when a target may mean other entities."""

    def __init__(
        self,
        hass: HomeAssistant,
        target: TargetSelection,
        on_update: Callable[[], None],
    ) -> None:
        """Track all entities of the target."""
        super().__init__(hass, target, lambda entity_ids: entity_ids)
        self._on_update = on_update

    @callback
    @override
    def _handle_entities_update(self, tracked_entities: set[str]) -> None:
        """Report that the target may have changed."""
        self._on_update()


def _devices(options: Mapping[str, Any] | None) -> list[str]:
    """Return the devices in the options."""
    return (options or {}).get(ATTR_DEVICE_ID) or []
