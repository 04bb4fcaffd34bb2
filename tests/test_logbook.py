"""The activity log: one row for each event of a line, and who has listened."""

from datetime import timedelta
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.call_recorder.const import DOMAIN
from homeassistant.components.recorder import get_instance
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
from simulator.office import Office
from tests.helpers.clock import Poll
from tests.helpers.devices import find_device
from tests.helpers.entries import set_up_recorder

LINES = {
    "Reception": {"directory_number": "101"},
    "Sales": {"directory_number": "102"},
}
DOC = Path(__file__).parents[1] / "docs" / "entities.md"


@pytest.fixture(autouse=True)
def _enable_custom_integration(
    recorder_mock: Any, enable_custom_integrations: None
) -> None:
    """Keep what happens in a database, which has to be there before all else."""


async def set_up_log(
    hass: HomeAssistant,
    data: dict[str, Any],
    *,
    config: dict[str, Any] | None = None,
    **options: Any,
) -> MockConfigEntry:
    """Return a recorder with two lines, in a Home Assistant with an activity log."""
    assert await async_setup_component(hass, "logbook", config or {})
    return await set_up_recorder(hass, data, lines=LINES, options=options)


async def record_both_lines(office: Office, pass_time: Poll) -> None:
    """Start to record a call of each line, and let it be seen."""
    for number in ("101", "102"):
        office.start_recording(office.connect(number, remote="105"))
    await pass_time(31)


async def read_log(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, **wanted: Any
) -> list[dict[str, Any]]:
    """Return the rows of these hours, as the frontend gets them."""
    await get_instance(hass).async_block_till_done()
    client = await hass_ws_client(hass)
    now, hour = dt_util.utcnow(), timedelta(hours=1)
    await client.send_json_auto_id(
        {
            "type": "logbook/get_events",
            "start_time": (now - hour).isoformat(),
            "end_time": (now + hour).isoformat(),
            **wanted,
        }
    )
    rows: list[dict[str, Any]] = (await client.receive_json())["result"]
    return rows


def described(rows: list[dict[str, Any]]) -> list[str]:
    """Return what the rows that we describe say, as the frontend shows them."""
    return [
        f"{row['name']} {row['message']}" for row in rows if row.get("domain") == DOMAIN
    ]


async def test_a_row_for_each_event_of_a_line(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Each row names the line; of the number it has the last digits only."""
    await set_up_log(hass, imagicle_data)
    call = office.connect("101", remote="+390551234298", direction="incoming")
    recording = office.start_recording(call)
    await pass_time(31)
    office.pause(recording)
    await pass_time(31)
    office.resume(recording)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(31, 2)
    rows = await read_log(hass, hass_ws_client)
    assert described(rows) == [
        "Reception recording started, •••298",
        "Reception recording paused, •••298",
        "Reception recording resumed, •••298",
        "Reception recording ended, •••298",
        "Reception recording is in the archive, incoming, •••298",
    ]
    assert "+390551234" not in str(rows)


async def test_nothing_else_need_be_there(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """With the entities excluded as the documentation advises, these rows are alone."""
    (example,) = re.findall(r"```yaml\n(logbook:.+?)```", DOC.read_text(), re.DOTALL)
    config = parse_yaml(example)
    assert isinstance(config, dict)
    await set_up_log(hass, imagicle_data, config=config)
    call = office.connect("102", remote="105")
    office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(31, 2)
    rows = await read_log(hass, hass_ws_client)
    assert len(rows) == 3
    assert described(rows) == [
        "Sales recording started, 105",
        "Sales recording ended, 105",
        "Sales recording is in the archive, incoming, 105",
    ]


async def test_on_the_page_of_a_line(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A line's page shows the line's rows, by the name that the user gave."""
    entry = await set_up_log(hass, imagicle_data)
    line = find_device(hass, entry, "Reception")
    dr.async_get(hass).async_update_device(line.id, name_by_user="Front desk")
    await record_both_lines(office, pass_time)
    rows = await read_log(hass, hass_ws_client, device_ids=[line.id])
    assert described(rows) == ["Front desk recording started, 105"]


async def test_in_the_filters_of_the_log(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Who filters by a line's device, area or integration asks for entities."""
    entry = await set_up_log(hass, imagicle_data)
    line = find_device(hass, entry, "Reception")
    entities = er.async_entries_for_device(er.async_get(hass), line.id)
    await record_both_lines(office, pass_time)
    ids = [entity.entity_id for entity in entities]
    rows = await read_log(hass, hass_ws_client, entity_ids=ids)
    assert described(rows) == ["Reception recording started, 105"]


async def test_a_recording_of_no_line(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """It is the recorder's; what is no number is not shown."""
    await set_up_log(hass, imagicle_data)
    office.start_recording(office.connect("103", remote="Anonymous"))
    await pass_time(31)
    rows = await read_log(hass, hass_ws_client)
    assert described(rows) == ["Imagicle recording started"]


async def test_in_the_language_of_home_assistant(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The log speaks Italian in an Italian house."""
    hass.config.language = "it"
    await set_up_log(hass, imagicle_data)
    call = office.connect("101", remote="+390551234298", direction="outgoing")
    office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(31, 2)
    hass.bus.async_fire(f"{DOMAIN}_played", {"recorder": "Imagicle"})
    rows = await read_log(hass, hass_ws_client)
    assert described(rows) == [
        "Reception registrazione avviata, •••298",
        "Reception registrazione terminata, •••298",
        "Reception registrazione archiviata, in uscita, •••298",
        "Imagicle è stata riprodotta una registrazione",
    ]
