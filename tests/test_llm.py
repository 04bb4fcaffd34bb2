"""Tools for assistants that a language model speaks for: what the user exposed, no more."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.call_recorder.const import DOMAIN
from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.homeassistant.exposed_entities import (
    KNOWN_ASSISTANTS,
    async_expose_entity,
    async_should_expose,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr, llm
from homeassistant.setup import async_setup_component
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import TEN, Poll
from tests.helpers.entries import set_up_recorder
from tests.helpers.states import value

ASSISTANT = "conversation"
ASK = f"{DOMAIN}__get_active_recordings"
START = f"{DOMAIN}__start_recording"
LINES = {
    "Reception": {"directory_number": "101"},
    "Sales": {"directory_number": "102"},
}
RECORDER = "binary_sensor.imagicle_recording"
RECEPTION = "binary_sensor.reception_recording"
RECORD_RECEPTION = "button.reception_start_recording"


@pytest.fixture(autouse=True)
async def _assist(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Set up what exposes entities, and Assist's API for language models."""
    freezer.move_to(TEN)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "llm", {})


@pytest.fixture
async def entry(
    hass: HomeAssistant, _assist: None, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an Imagicle with two lines."""
    return await set_up_recorder(hass, imagicle_data, lines=LINES)


def expose(hass: HomeAssistant, *entity_ids: str) -> None:
    """Expose entities, as a user does on the page of the voice assistants."""
    for entity_id in entity_ids:
        assert hass.states.get(entity_id)
        async_expose_entity(hass, ASSISTANT, entity_id, True)


async def assist(
    hass: HomeAssistant, user: MockUser | None = None, assistant: str = ASSISTANT
) -> llm.APIInstance:
    """Return Assist's API, as an agent gets it for a request of a user."""
    context = llm.LLMContext(
        platform="test",
        context=Context(user_id=user.id if user else None),
        language="en",
        assistant=assistant,
        device_id=None,
    )
    return await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)


def tools_of(api: llm.APIInstance) -> dict[str, llm.Tool]:
    """Return our tools by their names."""
    return {tool.name: tool for tool in api.tools if tool.integration == DOMAIN}


async def call(
    hass: HomeAssistant, name: str, user: MockUser | None = None, **arguments: str
) -> Any:
    """Call a tool; return its data."""
    api = await assist(hass, user)
    result = await api.async_call_tool(llm.ToolInput(name, arguments))
    assert not result.error
    return result.data


@pytest.mark.usefixtures("entry")
async def test_nothing_is_exposed_by_default(hass: HomeAssistant) -> None:
    """No assistant can record, and a language model learns nothing."""
    entity_ids = [state.entity_id for state in hass.states.async_all()]
    assert "switch.reception_record_call" in entity_ids
    for assistant in KNOWN_ASSISTANTS:
        for entity_id in entity_ids:
            assert not async_should_expose(hass, assistant, entity_id), entity_id
    assert not tools_of(await assist(hass))


async def test_the_user_decides_what_is_exposed(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """What the user exposes stays exposed when the recorder is set up again."""
    expose(hass, "switch.reception_record_call")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert async_should_expose(hass, ASSISTANT, "switch.reception_record_call")
    assert not async_should_expose(hass, ASSISTANT, "switch.sales_record_call")


@pytest.mark.parametrize("is_exposed", [False, True])
@pytest.mark.usefixtures("entry")
async def test_turn_on_record_call(
    hass: HomeAssistant, office: Office, is_exposed: bool
) -> None:
    """The sentence records a call only when the user has exposed the switch."""
    assert await async_setup_component(hass, "conversation", {})
    assert await async_setup_component(hass, "intent", {})
    office.connect("101")
    if is_exposed:
        expose(hass, "switch.reception_record_call")
    sentence = {"text": "Turn on Reception Record call"}
    await hass.services.async_call("conversation", "process", sentence, blocking=True)
    assert bool(office.recordings) is is_exposed


@pytest.mark.usefixtures("entry")
async def test_only_for_assist(hass: HomeAssistant) -> None:
    """Another assistant, to which nothing is exposed, gets no tools."""
    expose(hass, RECORDER, RECORD_RECEPTION)
    api = await assist(hass)
    assert set(tools_of(api)) == {ASK, START}
    assert not tools_of(await assist(hass, assistant="cloud.alexa"))
    assert [tool.annotations.read_only for tool in tools_of(api).values()] == [
        True,
        False,
    ]


@pytest.mark.usefixtures("entry")
async def test_how_many_calls_are_being_recorded(
    hass: HomeAssistant, office: Office, pass_time: Poll
) -> None:
    """The answer has counts, names of lines and times, and no number."""
    expose(hass, RECORDER, RECEPTION)
    nothing = {"recorder": "Imagicle", "active_recordings": 0, "paused_recordings": 0}
    idle = {"line": "Reception", "active_start": None}
    assert await call(hass, ASK) == {
        "recorders": [nothing],
        "lines": [{**idle, "state": "idle"}],
    }

    await hass.config.async_set_time_zone("Europe/Rome")
    reception = office.connect("101", remote="+390551234567")
    office.start_recording(reception)
    office.start_recording(office.connect("102", remote="+390557654321"))
    await pass_time(31)
    assert await call(hass, ASK) == {
        "recorders": [{**nothing, "active_recordings": 2}],
        "lines": [
            {
                **idle,
                "state": "recording",
                "active_start": "2027-07-02T12:00:00+02:00",
            }
        ],
    }


@pytest.mark.usefixtures("entry")
async def test_a_line_that_is_not_exposed_is_not_told(hass: HomeAssistant) -> None:
    """Of the recorder alone there are counts, of a line alone its state."""
    expose(hass, RECORDER)
    assert (await call(hass, ASK))["lines"] == []
    async_expose_entity(hass, ASSISTANT, RECORDER, False)
    expose(hass, RECEPTION)
    answer = await call(hass, ASK)
    assert answer["recorders"] == []
    assert [line["line"] for line in answer["lines"]] == ["Reception"]


async def test_unknown_is_unknown(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, pass_time: Poll
) -> None:
    """A recorder that does not answer, or is not loaded, records neither one nor none."""
    expose(hass, RECORDER, RECEPTION)
    unknown = {
        "recorders": [
            {
                "recorder": "Imagicle",
                "active_recordings": None,
                "paused_recordings": None,
            }
        ],
        "lines": [
            {
                "line": "Reception",
                "state": None,
                "active_start": None,
            }
        ],
    }
    simulator.imagicle.faults.add(Fault("status", status=500))
    await pass_time(31, 2)
    assert value(hass, RECORDER) == "unavailable"
    assert await call(hass, ASK) == unknown
    await hass.config_entries.async_unload(entry.entry_id)
    assert await call(hass, ASK) == unknown


async def test_names_that_the_user_gave(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Recorder and line are called as the user calls them."""
    expose(hass, RECORDER, RECEPTION, RECORD_RECEPTION)
    devices = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        devices.async_update_device(device.id, name_by_user=f"My {device.name}")
    answer = await call(hass, ASK)
    assert answer["recorders"][0]["recorder"] == "My Imagicle"
    assert answer["lines"][0]["line"] == "My Reception"
    with pytest.raises(ServiceValidationError, match="no connected call"):
        await call(hass, START, line="My Reception")


@pytest.mark.usefixtures("entry")
async def test_record_reception(
    hass: HomeAssistant, office: Office, pass_time: Poll
) -> None:
    """A line is recorded when its button is exposed; a second wish changes nothing."""
    expose(hass, RECORD_RECEPTION)
    assert set(tools_of(await assist(hass))) == {START}
    office.connect("101")
    started = {"line": "Reception", "result": "started"}
    assert await call(hass, START, line="Reception") == started
    assert await call(hass, START, line="Reception") == {
        "line": "Reception",
        "result": "already_recording",
    }
    await pass_time(31)
    assert value(hass, RECEPTION) == "on"


@pytest.mark.usefixtures("entry")
async def test_a_line_that_may_not_be_recorded(
    hass: HomeAssistant, office: Office
) -> None:
    """A line whose button is not exposed is not offered, nor taken."""
    office.connect("102")
    expose(hass, RECORD_RECEPTION)
    tool = tools_of(await assist(hass))[START]
    schema = probatio.to_openapi(tool.parameters)
    assert schema["properties"]["line"]["enum"] == ["Reception"]
    with pytest.raises(probatio.Invalid):
        await call(hass, START, line="Sales")


@pytest.mark.usefixtures("entry")
async def test_a_refusal_says_why(hass: HomeAssistant) -> None:
    """The agent gets what the action returns."""
    expose(hass, RECORD_RECEPTION)
    with pytest.raises(ServiceValidationError, match="no connected call on this line"):
        await call(hass, START, line="Reception")


async def test_lines_of_the_same_name(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    office: Office,
    yeastar_data: dict[str, Any],
) -> None:
    """They are told apart by their recorders, and the right one is recorded."""
    await set_up_recorder(hass, yeastar_data, lines=LINES)
    expose(hass, RECORD_RECEPTION, f"{RECORD_RECEPTION}_2")
    office.connect("101")
    result = await call(hass, START, line="Reception (Imagicle)")
    assert result["result"] == "started"
    with pytest.raises(probatio.Invalid):
        await call(hass, START, line="Reception")


@pytest.mark.usefixtures("entry")
async def test_a_user_who_may_only_look(hass: HomeAssistant, office: Office) -> None:
    """The tools grant no right that the user does not have."""
    expose(hass, RECORDER, RECORD_RECEPTION)
    office.connect("101")
    group = await hass.auth.async_get_group(GROUP_ID_READ_ONLY)
    assert group is not None
    user = MockUser(groups=[group]).add_to_hass(hass)
    assert (await call(hass, ASK, user))["recorders"]
    with pytest.raises(Unauthorized):
        await call(hass, START, user, line="Reception")


@pytest.mark.usefixtures("entry")
async def test_a_user_of_one_line(hass: HomeAssistant) -> None:
    """A user who may see one line gets that one; one who may see none gets nothing."""
    expose(hass, RECORDER, RECEPTION, "binary_sensor.sales_recording")
    user = MockUser(groups=[]).add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {RECEPTION: {POLICY_READ: True}}}})
    answer = await call(hass, ASK, user)
    assert answer["recorders"] == []
    assert [line["line"] for line in answer["lines"]] == ["Reception"]
    user.mock_policy({})
    with pytest.raises(Unauthorized):
        await call(hass, ASK, user)


@pytest.mark.usefixtures("entry")
async def test_a_user_who_does_not_exist(hass: HomeAssistant) -> None:
    """A context of an unknown user has no rights."""
    expose(hass, RECORDER)
    with pytest.raises(HomeAssistantError):
        await call(hass, ASK, MockUser(id="gone"))
