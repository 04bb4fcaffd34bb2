"""Fix flows of the repair issues: what a person can do about each."""

from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    FlowType,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .issues import IssueKey

_ACKNOWLEDGED: Final = (IssueKey.NO_CHANNEL_AVAILABLE, IssueKey.RECORDINGS_LOST)
"""Happened already: a person can only take note of it."""


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue of `async_create_issue`."""
    key, entry_id = (data or {})["key"], (data or {})["entry_id"]
    if key in _ACKNOWLEDGED:
        return ConfirmRepairFlow()
    if key == IssueKey.SERVICE_GONE:
        return MoveFlow(entry_id)
    return TryAgainFlow(entry_id)


class _ConfirmFlow(RepairsFlow):
    """Asks for a confirmation, then does something about the recorder's entry."""

    def __init__(self, entry_id: str) -> None:
        """Take the recorder that the issue is about."""
        self._entry_id = entry_id

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Start with the confirmation."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show what will be done."""
        if user_input is not None:
            return await self._async_confirmed()
        return self._show()

    def _show(self, error: str | None = None) -> RepairsFlowResult:
        """Show the form, with an error after an attempt that failed."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors={"base": error} if error else {},
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    async def _async_confirmed(self) -> RepairsFlowResult:
        """Do what was confirmed."""
        raise NotImplementedError


class TryAgainFlow(_ConfirmFlow):
    """Connects to the recorder again at once, instead of at the next poll."""

    @override
    async def _async_confirmed(self) -> RepairsFlowResult:
        """Reload the recorder, which reads once before it is loaded."""
        if not await self.hass.config_entries.async_reload(self._entry_id):
            return self._show("still_refused")
        return self.async_create_entry(data={})


class MoveFlow(_ConfirmFlow):
    """Asks for the recorder's new address."""

    @override
    async def _async_confirmed(self) -> RepairsFlowResult:
        """Go on with *Reconfigure*; a poll that works deletes the issue."""
        form = await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_RECONFIGURE, "entry_id": self._entry_id},
        )
        return self.async_abort(
            reason="reconfigure",
            next_flow=(FlowType.CONFIG_FLOW, form["flow_id"]),
        )
