"""Who may do what. Automations act without a user, and are not limited.

Commands need the right to control the recorder's entities. The archive is for
administrators, unless the option `listening` opens it to everyone who may read the
recorder's entities. Exports are for administrators.
"""

from enum import StrEnum

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.components.http import KEY_HASS_USER, current_request
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import Context, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import Unauthorized, UnknownUser

from .const import CONF_LISTENING
from .device_targets import async_get_entity_id


class Listening(StrEnum):
    """Who may search, read and hear the archive."""

    ADMINISTRATORS = "administrators"
    EVERYONE = "everyone"


@callback
def may(
    hass: HomeAssistant,
    user: User | None,
    policy: str,
    entry: ConfigEntry,
    line_id: str | None = None,
) -> bool:
    """Return whether a user may read or control a recorder, or one of its lines.

    The right to its binary sensor `recording` is the right to all of it.
    """
    if user is None or user.permissions.access_all_entities(policy):
        return True
    entity_id = async_get_entity_id(hass, "binary_sensor", "recording", entry, line_id)
    return entity_id is not None and user.permissions.check_entity(entity_id, policy)


@callback
def may_listen(hass: HomeAssistant, user: User | None, entry: ConfigEntry) -> bool:
    """Return whether a user may search, read and hear the recorder's archive.

    Home Assistant's own users sign what automations play.
    """
    if user is None or user.is_admin or user.system_generated:
        return True
    listening = entry.options.get(CONF_LISTENING, Listening.ADMINISTRATORS)
    return listening == Listening.EVERYONE and may(hass, user, POLICY_READ, entry)


async def async_get_user(hass: HomeAssistant, context: Context | None) -> User | None:
    """Return the user who acts in a context; `None` for an automation."""
    if context is None or context.user_id is None:
        return None
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context)
    return user


async def async_raise_unless_may(
    call: ServiceCall, policy: str, entry: ConfigEntry, line_id: str | None = None
) -> None:
    """Raise `Unauthorized` unless the caller may read or control a recorder."""
    user = await async_get_user(call.hass, call.context)
    if not may(call.hass, user, policy, entry, line_id):
        raise Unauthorized(
            context=call.context, config_entry_id=entry.entry_id, permission=policy
        )


async def async_raise_unless_may_listen(call: ServiceCall, entry: ConfigEntry) -> None:
    """Raise `Unauthorized` unless the caller may read the recorder's archive."""
    user = await async_get_user(call.hass, call.context)
    if not may_listen(call.hass, user, entry):
        raise Unauthorized(
            context=call.context,
            config_entry_id=entry.entry_id,
            permission=POLICY_READ,
        )


async def async_get_requesting_user(hass: HomeAssistant) -> User | None:
    """Return the user whose browser or app asks for something now.

    `None` for an automation.
    """
    if (connection := websocket_api.current_connection.get()) is not None:
        return connection.user
    if (request := current_request.get()) is None:
        return None
    user: User | None = request.get(KEY_HASS_USER)
    if user is None and (webhook_id := request.match_info.get("webhook_id")):
        for entry in hass.config_entries.async_entries("mobile_app"):
            # The companion app sends what its user does by a webhook of its own.
            if entry.data.get(CONF_WEBHOOK_ID) == webhook_id:
                return await hass.auth.async_get_user(entry.data["user_id"])
    return user
