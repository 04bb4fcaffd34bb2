"""A further recorder costs its own files and a line in each registry, nothing else.

The dummy below is what its folders in `api/` and `simulator/` would hold. The fixture
adds it to the three tables that name recorders, and gives the config flow its step.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar, Final, override
from unittest.mock import patch

from aiohttp import ClientSession, web
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.call_recorder.api import RECORDERS
from custom_components.call_recorder.api.client import (
    Capability,
    RecorderClient,
    Storage,
)
from custom_components.call_recorder.api.errors import ErrorKey, RefusedError
from custom_components.call_recorder.api.models import (
    ActiveRecording,
    ActiveRecordingFilter,
    LineAddress,
    LiveState,
    LocalParty,
    RecorderInfo,
    Recording,
    RecordingMode,
    RecordingPage,
    RecordingQuery,
)
from custom_components.call_recorder.api.parsing import parse_rows, require_id
from custom_components.call_recorder.api.transport import Transport, parse_address
from custom_components.call_recorder.config_flow import (
    FORMS,
    CallRecorderConfigFlow,
    Form,
)
from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.selector import TextSelector
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import RECORDERS as SIMULATED, Simulator
from tests.helpers.clock import Poll, settle
from tests.helpers.entries import set_up_recorder

from .helpers.states import value

# --- simulator/dummy/ ---


class Dummy(Recorder):
    """A recorder with three calls, all of active and finished recordings."""

    name: ClassVar[str] = "dummy"
    root = "/dummy"
    key = "Dummy-key"

    @property
    @override
    def settings(self) -> dict[str, Any]:
        """Return the fields of the form that reaches this recorder."""
        return {
            "url": self.url,
            "key": self.key,
            "verify_ssl": not self.is_self_signed,
        }

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Return the routes of the recorder's API."""
        return (
            web.get(f"{self.root}/active", self._active),
            web.post(f"{self.root}/active", self._start),
            web.get(f"{self.root}/finished", self._finished),
        )

    async def _active(self, request: web.Request) -> web.Response:
        """Return the active recordings."""
        if request.headers["Key"] != self.key:
            return web.Response(status=401)
        rows = [
            {
                "id": str(recording.number),
                "start": recording.started_at.timestamp(),
                "line": recording.call.line.number,
            }
            for recording in self.office.active_recordings()
        ]
        return web.json_response(rows)

    async def _start(self, request: web.Request) -> web.Response:
        """Record the call of a line; 404 without one."""
        wanted = await request.json()
        for call in self.office.calls:
            if call.line.number == wanted["line"]:
                recording = self.office.start_recording(call)
                return web.json_response({"id": str(recording.number)})
        return web.Response(status=404)

    async def _finished(self, request: web.Request) -> web.Response:
        """Return the finished recordings, newest first."""
        archive = self.office.archive
        newest_first = [archive[index] for index in reversed(range(len(archive)))]
        rows = [
            {"id": str(recording.number), "start": recording.started_at.timestamp()}
            for recording in newest_first
        ]
        return web.json_response(rows)


# --- api/dummy/ ---

_BASE: Final = "/dummy"


def _time(row: Mapping[str, Any]) -> datetime:
    """Return a row's start."""
    return datetime.fromtimestamp(row["start"], UTC)


def _parse_active(row: dict[str, Any]) -> ActiveRecording:
    """Return an active recording."""
    return ActiveRecording(
        id=require_id(row),
        started_at=_time(row),
        local_party=LocalParty(number=row["line"]),
    )


def _parse_finished(row: dict[str, Any]) -> Recording:
    """Return a finished recording."""
    return Recording(id=require_id(row), started_at=_time(row))


class DummyClient(RecorderClient):
    """A small client: it starts recordings and reads the archive, nothing else."""

    manufacturer: ClassVar = "Dummy"
    capabilities = frozenset({Capability.ARCHIVE, Capability.START})
    line_fields: ClassVar = frozenset({"directory_number"})
    api_path: ClassVar = _BASE

    @override
    def __init__(
        self,
        session: ClientSession,
        settings: Mapping[str, Any],
        *,
        time_zone: tzinfo,
        storage: Storage | None = None,
    ) -> None:
        """Take `url` and `key`."""
        self._transport = Transport(
            session, parse_address(settings["url"], _BASE), {"Key": settings["key"]}
        )
        self.info = RecorderInfo(model="Dummy")

    @staticmethod
    @override
    def unique_id(settings: Mapping[str, Any]) -> str:
        """Return the address: there is one user."""
        return str(parse_address(settings["url"], _BASE))

    @override
    async def get_live_state(self) -> LiveState:
        """Read the active recordings."""
        reply = await self._transport.request("GET", f"{_BASE}/active")
        reply.raise_for_read()
        return LiveState(recordings=parse_rows(reply.json(), _parse_active))

    @override
    async def get_active_recordings(
        self, recording_filter: ActiveRecordingFilter
    ) -> LiveState:
        """Read the active recordings of a line."""
        state = await self.get_live_state()
        wanted = recording_filter.directory_number
        return LiveState(
            recordings=tuple(
                recording
                for recording in state.recordings or ()
                if wanted in (None, recording.local_party.number)
            )
        )

    @override
    async def start_recording(
        self, line: LineAddress, mode: RecordingMode | None
    ) -> str | None:
        """Record the call of the line."""
        reply = await self._transport.request(
            "POST", f"{_BASE}/active", body={"line": line.directory_number}
        )
        if not reply.is_success:
            raise RefusedError(ErrorKey.NO_CONNECTED_CALL)
        return require_id(reply.json())

    @override
    async def get_recording(self, recording_id: str) -> Recording:
        """Find a recording in the whole archive."""
        page = await self.get_recordings(RecordingQuery())
        for recording in page.recordings:
            if recording.id == recording_id:
                return recording
        raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)

    @override
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read the whole archive as one page."""
        reply = await self._transport.request("GET", f"{_BASE}/finished")
        reply.raise_for_read()
        rows = parse_rows(reply.json(), _parse_finished)
        return RecordingPage(recordings=rows)


# --- The existing files that it touches ---


async def _async_step_dummy(
    self: CallRecorderConfigFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Add a dummy recorder: the step that Home Assistant looks for by its name."""
    return await self._async_step_add("dummy", user_input)


_FORM = Form(
    address={vol.Required("url"): TextSelector()},
    credentials={vol.Required("key"): TextSelector()},
)


@pytest.fixture(autouse=True)
def _register() -> Iterable[None]:
    """Add the dummy to the registries, and the step to the config flow."""
    step = patch.object(
        CallRecorderConfigFlow, "async_step_dummy", _async_step_dummy, create=True
    )
    with (
        patch.dict(RECORDERS, dummy=f"{__name__}:DummyClient"),
        patch.dict(FORMS, dummy=_FORM),
        patch.dict(SIMULATED, dummy=Dummy),
        step,
    ):
        yield


# --- What works then ---


@pytest.fixture
async def dummy(office: Office, socket_enabled: None) -> AsyncGenerator[Recorder]:
    """Run the simulated dummy on loopback."""
    async with Simulator(office, only=["dummy"]) as simulator:
        yield simulator.recorders["dummy"]


@pytest.fixture
async def entry(hass: HomeAssistant, dummy: Recorder) -> MockConfigEntry:
    """Return an entry with a line, set up."""
    return await set_up_recorder(
        hass,
        {"recorder": "dummy", **dummy.settings},
        lines={"Reception": {"directory_number": "101"}},
    )


async def test_add_it(hass: HomeAssistant, dummy: Recorder) -> None:
    """The menu offers it, and its form leads to an entry with live sensors."""
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert "dummy" in menu["menu_options"]
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "dummy"})
    wrong = {**dummy.settings, "key": "wrong"}
    form = await flow.async_configure(form["flow_id"], wrong)
    assert form["errors"] == {"base": "invalid_auth"}
    result = await flow.async_configure(form["flow_id"], dummy.settings)
    await settle(hass)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Dummy"
    assert result["data"] == {"recorder": "dummy", **dummy.settings}
    assert value(hass, "sensor.dummy_active_recordings") == "0"
    assert value(hass, "binary_sensor.dummy_recording") == "off"


async def test_start_a_recording(
    hass: HomeAssistant, office: Office, entry: MockConfigEntry
) -> None:
    """The action records the line's call, and all sensors follow."""
    office.connect("101")
    response = await hass.services.async_call(
        DOMAIN,
        "start_recording",
        {"directory_number": "101"},
        blocking=True,
        return_response=True,
    )
    await settle(hass)
    assert response == {"result": "started", "recording_id": "0"}
    assert value(hass, "sensor.dummy_active_recordings") == "1"
    assert value(hass, "sensor.reception_recording_state") == "recording"


async def test_a_recording_is_archived(
    hass: HomeAssistant, office: Office, entry: MockConfigEntry, pass_time: Poll
) -> None:
    """A finished recording counts, and is the newest one."""
    call = office.connect("101")
    recording = office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(31, times=3)
    assert value(hass, "sensor.dummy_active_recordings") == "0"
    assert value(hass, "sensor.dummy_recordings_today") == "1"
    newest = datetime.fromisoformat(value(hass, "sensor.dummy_last_recording"))
    assert newest == recording.started_at.replace(microsecond=0)


async def test_it_is_asked_only_for_what_it_can_do(
    hass: HomeAssistant, office: Office, entry: MockConfigEntry
) -> None:
    """Entities of missing capabilities do not exist; their actions are refused."""
    assert not hass.states.get("sensor.dummy_paused_recordings")
    assert not hass.states.get("sensor.dummy_archived_recordings")
    assert not hass.states.get("switch.reception_recording")
    assert hass.states.get("button.reception_start_recording")
    office.start_recording(office.connect("101"))
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN,
            "stop_recording",
            {"directory_number": "101"},
            blocking=True,
            return_response=True,
        )
    assert refused.value.translation_key == "not_supported"


async def test_its_line_form_has_its_fields(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The form of a line asks for what the recorder knows a line by."""
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "line"), context={"source": SOURCE_USER}
    )
    assert form["data_schema"] is not None
    fields = {str(field) for field in form["data_schema"].schema}
    assert "directory_number" in fields
    assert not fields & {"device_name", "username", "numeric_user_id"}
