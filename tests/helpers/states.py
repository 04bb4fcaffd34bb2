"""Reads states in one word."""

from homeassistant.const import UnitOfTime
from homeassistant.core import HomeAssistant, State

# Units that durations are shown in.
_SECONDS = {UnitOfTime.MINUTES: 60, UnitOfTime.HOURS: 3600}


def get_state(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity that exists."""
    state = hass.states.get(entity_id)
    assert state is not None, f"{entity_id} has no state"
    return state


def value(hass: HomeAssistant, entity_id: str) -> str:
    """Return the text of an entity's state; of a duration, its whole seconds."""
    state = get_state(hass, entity_id)
    seconds = _SECONDS.get(state.attributes.get("unit_of_measurement", ""))
    try:
        return str(round(float(state.state) * seconds)) if seconds else state.state
    except ValueError:
        return state.state
