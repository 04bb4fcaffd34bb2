"""Proves that the demo works: live sensors, a started recording, a clean log."""

from functools import partial
from pathlib import Path
import re
from typing import Any

from .furnishing import list_entities
from .home_assistant import HomeAssistant
from .processes import DOMAIN, Failure, wait_for
from .simulator import Simulator


async def check_recorder(
    home_assistant: HomeAssistant, simulator: Simulator, name: str, config_entry: str
) -> None:
    """Wait until a recorder's sensors are live, and start a recording."""
    print(name, flush=True)
    await wait_for(partial(_is_live, home_assistant, config_entry))
    await _start_recording(home_assistant, simulator, name, config_entry)
    for entity_id, state in (await _states(home_assistant, config_entry)).items():
        print(f"  {entity_id}: {state}")


async def _start_recording(
    home_assistant: HomeAssistant, simulator: Simulator, name: str, config_entry: str
) -> None:
    """Record a new call through Home Assistant, on the first line that allows it."""
    call = partial(_call, home_assistant, config_entry)
    refusals = []
    for line in await simulator.free_lines(name):
        await simulator.connect(name, line["number"])
        number = line["directory_number"]
        try:
            started = await call("start_recording", directory_number=number)
        except Failure as err:
            refusals.append(f"line {number}: {err}")
            continue
        print(f"  line {number}: {started}")
        active = await call("get_active_recordings")
        if started["recording_id"] in [row["id"] for row in active["recordings"]]:
            return
        raise Failure(f"the started recording is not among {active}")
    raise Failure(f"no recording could be started: {refusals}")


async def require_dashboard(home_assistant: HomeAssistant) -> None:
    """Raise Failure if the default dashboard is not the wallboard, or the card not served."""
    core = await home_assistant.command(type="frontend/get_system_data", key="core")
    panel = core["value"]["default_panel"]
    board = await home_assistant.command(type="lovelace/config", url_path=panel)
    if board.get("strategy", {}).get("type") != "custom:call-recorder-wallboard":
        raise Failure(f"the dashboard {panel} is not the wallboard")
    if f"/{DOMAIN}/" not in await home_assistant.get_text("/"):
        raise Failure("dashboards do not load the card")


def require_clean(log: Path) -> None:
    """Raise Failure if the integration logged an error."""
    ours = re.compile(rf".* ERROR .*{DOMAIN}.*|.*custom_components/{DOMAIN}/.*")
    if error := ours.search(log.read_text()):
        raise Failure(f"Home Assistant's log has an error: {error[0]}")


async def _call(
    home_assistant: HomeAssistant, config_entry: str, action: str, **data: str
) -> Any:
    """Call one of the integration's actions and return its response."""
    answer = await home_assistant.post(
        f"/api/services/{DOMAIN}/{action}?return_response",
        {"config_entry_id": config_entry, **data},
    )
    return answer["service_response"]


async def _states(home_assistant: HomeAssistant, config_entry: str) -> dict[str, str]:
    """Return the states of a recorder's entities."""
    rows = await home_assistant.get("/api/states")
    states = {row["entity_id"]: row["state"] for row in rows}
    return {
        entity["entity_id"]: states.get(entity["entity_id"], "unavailable")
        for entity in await list_entities(home_assistant)
        if entity["config_entry_id"] == config_entry
    }


async def _is_live(home_assistant: HomeAssistant, config_entry: str) -> bool:
    """Return whether a recorder counts its recordings, and no entity is unavailable."""
    states = await _states(home_assistant, config_entry)
    is_counting = any(
        entity_id.endswith("_active_recordings") and state.isdigit()
        for entity_id, state in states.items()
    )
    return is_counting and "unavailable" not in states.values()
