"""Reads states in one word."""

from homeassistant.core import HomeAssistant, State


def get_state(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity that exists."""
    state = hass.states.get(entity_id)
    assert state is not None, f"{entity_id} has no state"
    return state


def value(hass: HomeAssistant, entity_id: str) -> str:
    """Return the text of an entity's state."""
    return get_state(hass, entity_id).state
