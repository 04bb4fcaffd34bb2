"""The blueprints are automations that work."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint, BlueprintInputs
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
from simulator.office import Office
from simulator.server import Simulator
from tests.conftest import Poll, make_entry, set_up

BLUEPRINTS = Path(__file__).parents[1] / "blueprints" / "automation" / "call_recorder"


async def automate(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Make an automation of a blueprint."""
    path = BLUEPRINTS / f"{name}.yaml"
    content = await hass.async_add_executor_job(load_yaml_dict, str(path))
    blueprint = Blueprint(
        content,
        path=path.name,
        expected_domain="automation",
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    filled = BlueprintInputs(
        blueprint, {"use_blueprint": {"path": path.name, "input": inputs}}
    )
    filled.validate()
    config = {"automation": {"alias": name, **filled.async_substitute()}}
    assert await async_setup_component(hass, "automation", config)
    await hass.async_block_till_done()


def count(folder: Path, pattern: str) -> int:
    """Count the files in a folder and below."""
    return len([*folder.rglob(pattern)])


def record(office: Office, freezer: FrozenDateTimeFactory) -> None:
    """Record a call of five seconds."""
    call = office.connect("101")
    office.start_recording(call)
    freezer.tick(timedelta(seconds=5))
    office.hang_up(call)


@pytest.mark.parametrize(
    ("allowed", "copies", "complaints"), [(True, 3, 0), (False, 0, 3)]
)
async def test_export_recordings(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    bandwidth_data: dict[str, Any],
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
    allowed: bool,
    copies: int,
    complaints: int,
) -> None:
    """Every archived recording is copied, or somebody is told that it was not.

    There are two recorders, so that the automation has to say which one it means.
    """
    await set_up(hass, make_entry(hass, bandwidth_data))
    told: list[str] = []

    async def complain(call: ServiceCall) -> None:
        """Remember which recording could not be copied."""
        told.append(call.data["id"])

    hass.services.async_register("test", "complain", complain)
    if allowed:
        hass.config.allowlist_external_dirs = {str(tmp_path)}
    await automate(
        hass,
        "export_recordings",
        folder=str(tmp_path / "copies"),
        devices=[],
        on_failure=[
            {"action": "test.complain", "data": {"id": "{{ recording_id }}"}},
        ],
    )
    for _ in range(3):
        record(office, freezer)
    await pass_time(301)
    assert count(tmp_path, "*.mp3") == copies
    ids = {simulator.imagicle.id_of(office.archive[place]) for place in range(3)}
    assert len(ids.intersection(told)) == complaints
