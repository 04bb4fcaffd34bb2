"""Adds and changes a line of a recorder."""

from collections.abc import Mapping
from enum import StrEnum
import re
from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_USERNAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)

from .api import client_class
from .api.client import Capability, RecorderClient
from .api.numbers import BETWEEN_NUMBERS, comparable
from .client_factory import async_import_client
from .const import CONF_RECORDER
from .data import CallRecorderConfigEntry
from .lines import (
    ADDRESS_FIELDS,
    CONF_AUTO_START,
    CONF_BUSY_ENTITY_ID,
    CONF_DIRECTORY_NUMBER,
    CONF_MUST_BE_RECORDED,
)

_TEXT: Final = TextSelector()
_SEVERAL: Final = re.compile(rf"\d\s*[{BETWEEN_NUMBERS}]\s*[+\d]")
"""Two numbers, as people paste them."""


class LineError(StrEnum):
    """Errors that the form of a line can show."""

    BUSY_ENTITY_REQUIRED = "busy_entity_required"
    LINE_ALREADY_CONFIGURED = "line_already_configured"
    LINE_NOT_SPECIFIED = "line_not_specified"
    SEVERAL_NUMBERS = "several_numbers"


class LineSubentryFlow(ConfigSubentryFlow):
    """Asks which line to watch, and what is to be done about its calls."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a line."""
        return await self._step("user", {}, user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a line."""
        subentry = self._get_reconfigure_subentry()
        before = {**subentry.data, CONF_NAME: subentry.title}
        return await self._step("reconfigure", before, user_input)

    async def _step(
        self,
        step_id: str,
        before: Mapping[str, Any],
        user_input: dict[str, Any] | None,
    ) -> SubentryFlowResult:
        """Show the form until it describes a line that is not watched yet."""
        errors: dict[str, str] = {}
        await async_import_client(self.hass, self._get_entry().data[CONF_RECORDER])
        if user_input is not None:
            data = _without_blanks(user_input)
            if (error := self._check(data)) is None:
                return self._finish(data)
            errors["base"] = error
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(self._fields()), user_input or before
            ),
            errors=errors,
        )

    def _fields(self) -> dict[Any, Any]:
        """Return the fields that make sense for this recorder."""
        entry: CallRecorderConfigEntry = self._get_entry()
        known = [name for name in ADDRESS_FIELDS if name in self._recorder.line_fields]
        marker = vol.Required if len(known) == 1 else vol.Optional
        return {
            vol.Required(CONF_NAME): _TEXT,
            **{
                marker(name): _username_selector(entry)
                if name == CONF_USERNAME
                else _TEXT
                for name in known
            },
            vol.Required(CONF_MUST_BE_RECORDED, default=False): BooleanSelector(),
            vol.Optional(CONF_BUSY_ENTITY_ID): EntitySelector(),
            vol.Required(CONF_AUTO_START, default=False): BooleanSelector(),
        }

    @property
    def _recorder(self) -> type[RecorderClient]:
        """Return what kind of recorder the line belongs to."""
        return client_class(self._get_entry().data[CONF_RECORDER])

    def _check(self, data: Mapping[str, Any]) -> LineError | None:
        """Return what is wrong with a line."""
        address = _address(data)
        if not any(address):
            return LineError.LINE_NOT_SPECIFIED
        if _SEVERAL.search(data.get(CONF_DIRECTORY_NUMBER, "")):
            return LineError.SEVERAL_NUMBERS
        needs_calls = data[CONF_MUST_BE_RECORDED] or data[CONF_AUTO_START]
        if needs_calls and not self._shows_calls(data):
            return LineError.BUSY_ENTITY_REQUIRED
        if self._is_taken(address):
            return LineError.LINE_ALREADY_CONFIGURED
        return None

    def _shows_calls(self, data: Mapping[str, Any]) -> bool:
        """Return whether the line's calls can be seen: by the recorder or an entity."""
        return (
            CONF_BUSY_ENTITY_ID in data
            or Capability.ACTIVE_CALLS in self._recorder.capabilities
        )

    def _is_taken(self, address: tuple[str | None, ...]) -> bool:
        """Return whether another line of the recorder has the same address."""
        own_id = self._reconfigure_subentry_id if self.source == "reconfigure" else None
        others = self._get_entry().subentries.items()
        return any(
            _address(other.data) == address for id_, other in others if id_ != own_id
        )

    def _finish(self, data: dict[str, Any]) -> SubentryFlowResult:
        """Add or change the line; the change of its entry reloads the recorder."""
        name = data.pop(CONF_NAME)
        if self.source == "reconfigure":
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=name,
                data=data,
            )
        return self.async_create_entry(title=name, data=data)


def _without_blanks(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Strip texts, and leave out the empty ones."""
    stripped = {
        key: value.strip() if isinstance(value, str) else value
        for key, value in user_input.items()
    }
    return {key: value for key, value in stripped.items() if value not in ("", None)}


def _address(data: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return the parts of a line's address, in the form in which they are compared."""
    return tuple(
        comparable(data[field])
        if field == CONF_DIRECTORY_NUMBER and field in data
        else data.get(field)
        for field in ADDRESS_FIELDS
    )


def _username_selector(entry: CallRecorderConfigEntry) -> SelectSelector:
    """Offer the users that were seen in live recordings; any other may be typed."""
    seen: set[str] = set()
    if entry.state is ConfigEntryState.LOADED:
        seen = entry.runtime_data.live.attribution.usernames
    return SelectSelector(SelectSelectorConfig(options=sorted(seen), custom_value=True))
