"""Tools for voice assistants that a language model speaks for.

What the user exposes to the assistant decides. The binary sensor `recording` of a
recorder or a line lets it answer what is being recorded, the button `start_recording` of
a line lets it record that line. Neither is exposed by default.

No tool returns a number or who is in a call: it would go to the maker of the model.
"""

from collections import Counter
from typing import Final, NamedTuple, override

import probatio

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from .const import DOMAIN
from .data import CallRecorderConfigEntry
from .device_targets import async_get_device, async_get_entity_id, shown_name
from .lines import lines_of
from .rights import async_get_user, may
from .snapshot import Snapshot

_RECORDING: Final = ("binary_sensor", "recording")
_START_RECORDING: Final = ("button", "start_recording")


class _Exposed(NamedTuple):
    """A recorder or a line of which an entity is exposed to the assistant."""

    entry: CallRecorderConfigEntry
    line_id: str | None
    """The line (a subentry); `None` for the recorder itself."""
    device_id: str
    name: str
    """What the user calls it."""


@callback
def _async_get_exposed(
    hass: HomeAssistant, assistant: str, entity: tuple[str, str]
) -> list[_Exposed]:
    """Return the recorders and lines whose entity (platform and key) is exposed."""
    found = []
    for entry in hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    ):
        for line_id in (None, *(line.id for line in lines_of(entry))):
            entity_id = async_get_entity_id(hass, *entity, entry, line_id)
            if entity_id is None or not async_should_expose(hass, assistant, entity_id):
                continue
            if device := async_get_device(hass, entry, line_id):
                name = shown_name(device, device.name or entity_id)
                found.append(_Exposed(entry, line_id, device.id, name))
    return _with_distinct_names(found)


def _with_distinct_names(found: list[_Exposed]) -> list[_Exposed]:
    """Add the recorder's name to the lines of several recorders that share a name."""
    count = Counter(exposed.name for exposed in found)
    return [
        exposed
        if count[exposed.name] == 1
        else exposed._replace(name=f"{exposed.name} ({exposed.entry.title})")
        for exposed in found
    ]


def _snapshot(entry: CallRecorderConfigEntry) -> Snapshot:
    """Return what a recorder is recording: nothing is known while it does not answer."""
    if entry.state is ConfigEntryState.LOADED:
        live = entry.runtime_data.live
        if live.last_update_success:
            return live.data
    return Snapshot(recordings=None)


def _recorder_as_json(exposed: _Exposed) -> JsonObjectType:
    """Return how many recordings are active at a recorder."""
    snapshot = _snapshot(exposed.entry)
    recordings = snapshot.recordings
    return {
        "recorder": exposed.name,
        "active_recordings": None if recordings is None else len(recordings),
        "paused_recordings": snapshot.paused_count,
    }


def _line_as_json(exposed: _Exposed, line_id: str) -> JsonObjectType:
    """Return whether a line is being recorded, and since when."""
    line = _snapshot(exposed.entry).of_line(line_id)
    start = line.oldest_start
    return {
        "line": exposed.name,
        "state": line.status,
        "active_start": None if start is None else dt_util.as_local(start).isoformat(),
    }


class GetActiveRecordingsTool(Tool):
    """Returns how many calls are being recorded, and which lines."""

    name = f"{DOMAIN}__get_active_recordings"
    title = "Get active recordings"
    description = (
        "Returns how many phone calls each call recorder is recording now, and for each "
        "phone line whether its call is being recorded (recording, paused or idle) and "
        "since when. Use this to answer questions like 'How many calls are being "
        "recorded?' or 'Is reception being recorded?'. null means that it is not "
        "known: say so, and never take it for zero or idle."
    )
    annotations = ToolAnnotations(
        read_only=True, destructive=False, idempotent=True, open_world=False
    )
    integration = DOMAIN

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return what is being recorded, as far as it is exposed and the user may know.

        Raises `Unauthorized` when nothing of it is left.
        """
        user = await async_get_user(hass, llm_context.context)
        shown = [
            exposed
            for exposed in _async_get_exposed(hass, llm_context.assistant, _RECORDING)
            if may(hass, user, POLICY_READ, exposed.entry, exposed.line_id)
        ]
        if not shown:
            raise Unauthorized(context=llm_context.context, permission=POLICY_READ)
        return ToolResult(
            data={
                "recorders": [
                    _recorder_as_json(exposed)
                    for exposed in shown
                    if exposed.line_id is None
                ],
                "lines": [
                    _line_as_json(exposed, exposed.line_id)
                    for exposed in shown
                    if exposed.line_id is not None
                ],
            }
        )


class StartRecordingTool(Tool):
    """Records the connected call of a line, as the action `start_recording` does."""

    name = f"{DOMAIN}__start_recording"
    title = "Start recording"
    description = (
        "Starts recording the phone call that a line is in now, when the user asks "
        "for it. The result is started, already_recording or pending. When it is "
        "refused, tell the user why."
    )
    annotations = ToolAnnotations(destructive=False, idempotent=True, open_world=False)
    integration = DOMAIN

    def __init__(self, device_ids: dict[str, str]) -> None:
        """Offer the lines, whose devices are given by the lines' names."""
        self._device_ids = device_ids
        self.parameters = probatio.Schema(
            {
                probatio.Required("line", description="Name of the phone line"): (
                    probatio.In(list(device_ids))
                )
            }
        )

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Start recording; raises what the action raises, and checks the same rights."""
        line = self.parameters(tool_input.tool_args)["line"]
        response = await hass.services.async_call(
            DOMAIN,
            "start_recording",
            {ATTR_DEVICE_ID: self._device_ids[line], "ensure": True},
            context=llm_context.context,
            blocking=True,
            return_response=True,
        )
        return ToolResult(data={"line": line, "result": (response or {})["result"]})


@callback
def async_get_tools(
    hass: HomeAssistant, llm_context: LLMContext, api_id: str
) -> LLMTools | None:
    """Return the tools for what is exposed to the assistant."""
    if api_id != LLM_API_ASSIST:
        return None
    tools: list[Tool] = []
    assistant = llm_context.assistant
    if _async_get_exposed(hass, assistant, _RECORDING):
        tools.append(GetActiveRecordingsTool())
    if lines := _async_get_exposed(hass, assistant, _START_RECORDING):
        tools.append(StartRecordingTool({line.name: line.device_id for line in lines}))
    return LLMTools(tools=tools) if tools else None
