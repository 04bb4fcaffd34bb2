"""Config and options flow: add, sign in again, reconfigure and tune a recorder."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import chain, count
import logging
from typing import Any, Final, NamedTuple, override

import voluptuous as vol
from yarl import URL

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import (
    CONF_HOST,
    CONF_MAC,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_SSL,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import format_mac
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.util.network import is_ip_address

from .api import RECORDERS, client_class
from .api.asterisk import DEFAULT_PORT as AMI_PORT
from .api.bandwidth import DEFAULT_URL as BANDWIDTH_URL
from .api.errors import RecorderError
from .api.numbers import split_numbers
from .api.yeastar import RecordedCalls
from .client_factory import async_import_client, create_client
from .const import CONF_LISTENING, CONF_MASK_NUMBERS, CONF_RECORDER, DOMAIN
from .data import CallRecorderConfigEntry
from .line_flow import LineSubentryFlow
from .lines import SUBENTRY_TYPE_LINE
from .rights import Listening

_LOGGER = logging.getLogger(__name__)

_DISCOVERED: Final = "yeastar"
"""The only recorder that has network cards of its own (see the manifest)."""
_DISCOVERED_PORT: Final = 8088
"""Where the PBX serves its API ("Before You Start")."""

_TEXT: Final = TextSelector()
_SECRET: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_URL: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))

type _Fields = Mapping[Any, Any]
"""A part of a form: selectors by markers."""


class Form(NamedTuple):
    """The fields of a recorder's form."""

    address: _Fields
    """Asked when it is added or reconfigured."""
    credentials: _Fields
    """Asked when signing in again too."""
    options: _Fields = {}
    """Kept as options, and changed in the options flow."""


FORMS: Final[Mapping[str, Form]] = {
    "imagicle": Form(
        address={vol.Required(CONF_URL): _URL},
        credentials={
            vol.Required(CONF_USERNAME): _TEXT,
            vol.Required(CONF_PASSWORD): _SECRET,
        },
    ),
    "bandwidth": Form(
        address={vol.Required(CONF_URL, default=BANDWIDTH_URL): _URL},
        credentials={
            vol.Required("user_id"): _TEXT,
            vol.Required("api_token"): _TEXT,
            vol.Required("api_secret"): _SECRET,
        },
    ),
    "yeastar": Form(
        address={vol.Required(CONF_URL): _URL},
        credentials={
            vol.Required("client_id"): _TEXT,
            vol.Required("client_secret"): _SECRET,
        },
        options={
            vol.Required(
                "recorded_calls", default=RecordedCalls.ALL.value
            ): SelectSelector(
                SelectSelectorConfig(
                    options=[calls.value for calls in RecordedCalls],
                    translation_key="recorded_calls",
                )
            ),
            vol.Required("recorded_extensions", default=list): TextSelector(
                TextSelectorConfig(multiple=True)
            ),
        },
    ),
    "asterisk": Form(
        address={
            vol.Required(CONF_HOST): _TEXT,
            vol.Required(CONF_PORT, default=AMI_PORT): cv.port,
            vol.Required(CONF_SSL, default=False): BooleanSelector(),
            vol.Optional("ari_url"): _URL,
        },
        credentials={
            vol.Required(CONF_USERNAME): _TEXT,
            vol.Required(CONF_PASSWORD): _SECRET,
            vol.Optional("ari_username"): _TEXT,
            vol.Optional("ari_password"): _SECRET,
        },
    ),
}
"""The form of each kind of recorder."""
_PRIVACY: Final[_Fields] = {
    vol.Required(CONF_MASK_NUMBERS, default=False): BooleanSelector(),
    vol.Required(
        CONF_LISTENING, default=Listening.ADMINISTRATORS.value
    ): SelectSelector(
        SelectSelectorConfig(
            options=[who.value for who in Listening], translation_key="listening"
        )
    ),
}
_SECURITY: Final[_Fields] = {
    vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector()
}


class FormError(StrEnum):
    """Errors that a form can show; any other failure is shown as `CANNOT_CONNECT`."""

    API_DISABLED = "api_disabled"
    CANNOT_CONNECT = "cannot_connect"
    INSUFFICIENT_PERMISSIONS = "insufficient_permissions"
    INVALID_AUTH = "invalid_auth"
    INVALID_SSL = "invalid_ssl"
    INVALID_URL = "invalid_url"
    IP_BLOCKED = "ip_blocked"
    TOKEN_LIMIT = "token_limit"  # noqa: S105 - a key, no password
    UNEXPECTED_RESPONSE = "unexpected_response"
    UNKNOWN = "unknown"


class CallRecorderConfigFlow(ConfigFlow, domain=DOMAIN):
    """Adds a recorder, or changes how it is reached."""

    _recorder: str
    _discovered_url: str | None = None

    @staticmethod
    @callback
    @override
    def async_get_options_flow(
        config_entry: CallRecorderConfigEntry,
    ) -> CallRecorderOptionsFlow:
        """Tune a recorder."""
        return CallRecorderOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: CallRecorderConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Add lines to a recorder."""
        return {SUBENTRY_TYPE_LINE: LineSubentryFlow}

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose the recording system."""
        return self.async_show_menu(step_id="user", menu_options=list(RECORDERS))

    async def async_step_imagicle(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add an Imagicle Call Recording server."""
        return await self._async_step_add("imagicle", user_input)

    async def async_step_bandwidth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add a Bandwidth Catapult account."""
        return await self._async_step_add("bandwidth", user_input)

    async def async_step_yeastar(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add a Yeastar P-Series PBX."""
        return await self._async_step_add("yeastar", user_input)

    async def async_step_asterisk(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add an Asterisk, plain or inside FreePBX and its relatives."""
        return await self._async_step_add("asterisk", user_input)

    async def _async_step_add(
        self, recorder: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Add a recorder: all that it asks for, in one form."""
        self._recorder = recorder
        form = FORMS[recorder]
        schema = {**form.address, **form.credentials, **_SECURITY, **form.options}
        before = {CONF_URL: self._discovered_url} if self._discovered_url else {}
        return await self._async_step_form(recorder, schema, before, user_input)

    async def async_step_dhcp(
        self, discovery_info: DhcpServiceInfo
    ) -> ConfigFlowResult:
        """Offer a PBX that was seen in the network, or follow it to a new address.

        A PBX is known again by its MAC address, which is learned while it is seen at
        the address that it was added with.
        """
        mac = format_mac(discovery_info.macaddress)
        for entry in self._async_current_entries(include_ignore=False):
            if entry.data[CONF_RECORDER] == _DISCOVERED and _follow(
                self.hass, entry, mac, discovery_info.ip
            ):
                return self.async_abort(reason="already_configured")
        await self.async_set_unique_id(mac)
        self._abort_if_unique_id_configured()
        self._discovered_url = f"https://{discovery_info.ip}:{_DISCOVERED_PORT}"
        await async_import_client(self.hass, _DISCOVERED)
        maker = client_class(_DISCOVERED).manufacturer
        self.context["title_placeholders"] = {"name": f"{maker} ({discovery_info.ip})"}
        return await self.async_step_yeastar()

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Sign in again: the recorder does not accept the credentials any more."""
        self._recorder = entry_data[CONF_RECORDER]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials only."""
        return await self._async_step_form(
            "reauth_confirm",
            FORMS[self._recorder].credentials,
            self._get_reauth_entry().data,
            user_input,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the address, the credentials or the check of the certificate."""
        entry = self._get_reconfigure_entry()
        self._recorder = entry.data[CONF_RECORDER]
        form = FORMS[self._recorder]
        schema = {**form.address, **form.credentials, **_SECURITY}
        return await self._async_step_form(
            "reconfigure", schema, entry.data, user_input
        )

    async def _async_step_form(
        self,
        step_id: str,
        schema: _Fields,
        before: Mapping[str, Any],
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Show a form until the recorder accepts what is entered."""
        errors: dict[str, str] = {}
        if user_input is not None:
            settings = {
                **_without_emptied(before, schema),
                CONF_RECORDER: self._recorder,
                **_split_lists(user_input),
            }
            if (error := await self._async_try(settings)) is None:
                return self._async_finish(settings)
            errors["base"] = error
        shown = user_input or {
            key: value
            for key, value in before.items()
            if schema.get(key) is not _SECRET
        }
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), shown),
            errors=errors,
        )

    async def _async_try(self, settings: dict[str, Any]) -> FormError | None:
        """Clean the settings, sign in and read once; return the error's key."""
        await async_import_client(self.hass, self._recorder)
        recorder = client_class(self._recorder)
        try:
            cleaned = recorder.normalize(settings)
        except ValueError:
            return FormError.INVALID_URL
        settings.clear()
        settings.update(cleaned)
        await self._async_check_account(settings)
        client = create_client(self.hass, settings)
        try:
            await client.sign_in()
        except RecorderError as err:
            return (
                FormError(err.key) if err.key in FormError else FormError.CANNOT_CONNECT
            )
        except Exception:
            _LOGGER.exception("Unexpected error while a recorder was tried")
            return FormError.UNKNOWN
        finally:
            await client.close()
        if serial_number := client.info.serial_number:
            await self._async_check_serial_number(serial_number)
        return None

    async def _async_check_account(self, settings: Mapping[str, Any]) -> None:
        """Abort when the settings are of another account, or known already."""
        unique_id = client_class(self._recorder).unique_id
        await self.async_set_unique_id(unique_id(settings), raise_on_progress=False)
        if self._is_new:
            self._abort_if_unique_id_configured()
            return
        entry = self._get_entry()
        address = {
            str(key): entry.data[key]
            for key in FORMS[self._recorder].address
            if key in entry.data
        }
        # The same account may be found at another address.
        is_same = unique_id({**settings, **address}) == unique_id(entry.data)
        if not is_same and not _has_serial_number(entry):
            raise AbortFlow("unique_id_mismatch")
        if self.unique_id != entry.unique_id:
            self._abort_if_unique_id_configured()

    async def _async_check_serial_number(self, serial_number: str) -> None:
        """Name the entry after its recorder; abort when it is another one, or known."""
        await self.async_set_unique_id(serial_number, raise_on_progress=False)
        if not self._is_new and _has_serial_number(self._get_entry()):
            self._abort_if_unique_id_mismatch()
        else:
            self._abort_if_unique_id_configured()

    @property
    def _is_new(self) -> bool:
        """Return whether a recorder is being added."""
        return self.source not in (SOURCE_REAUTH, SOURCE_RECONFIGURE)

    def _get_entry(self) -> CallRecorderConfigEntry:
        """Return the entry that is signed in again or reconfigured."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry()

    def _async_finish(self, settings: dict[str, Any]) -> ConfigFlowResult:
        """Make the entry, or change it."""
        options = {
            str(key): settings.pop(key)
            for key in FORMS[self._recorder].options
            if key in settings
        }
        if not self._is_new:
            return self.async_update_reload_and_abort(
                self._get_entry(), unique_id=self.unique_id, data=settings
            )
        is_encrypted = client_class(self._recorder).is_encrypted(settings)
        return self.async_create_entry(
            title=self._free_title(settings),
            data=settings,
            options=options,
            description=None if is_encrypted else "unencrypted",
        )

    def _free_title(self, settings: Mapping[str, Any]) -> str:
        """Name the recorder by its maker; where that name is taken, by its host too.

        Not by its user: titles are logged.
        """
        maker = client_class(self._recorder).manufacturer
        title = f"{maker} ({settings.get(CONF_HOST) or URL(settings[CONF_URL]).host})"
        taken = {entry.title for entry in self._async_current_entries()}
        numbered = (f"{title} {number}" for number in count(2))
        names = chain((maker, title), numbered)
        return next(name for name in names if name not in taken)


def _has_serial_number(entry: ConfigEntry) -> bool:
    """Return whether an entry is named by a serial number, and not by its account."""
    return "|" not in (entry.unique_id or "|")


def _follow(hass: HomeAssistant, entry: ConfigEntry, mac: str, ip: str) -> bool:
    """Return whether an entry is about the PBX; follow it to a new address."""
    url = URL(entry.data[CONF_URL])
    if entry.data.get(CONF_MAC) == mac:
        # A name is the network's own way to follow it.
        if is_ip_address(url.host or "") and url.host != ip:
            data = {**entry.data, CONF_URL: str(url.with_host(ip))}
            hass.config_entries.async_update_entry(entry, data=data)
            hass.config_entries.async_schedule_reload(entry.entry_id)
        return True
    if url.host == ip and CONF_MAC not in entry.data:
        data = {**entry.data, CONF_MAC: mac}
        hass.config_entries.async_update_entry(entry, data=data)
    return url.host == ip


def _without_emptied(before: Mapping[str, Any], schema: _Fields) -> dict[str, Any]:
    """Leave out what a person can empty; a secret is never shown, so it is kept."""
    emptied = {
        key
        for key, selector in schema.items()
        if isinstance(key, vol.Optional) and selector is not _SECRET
    }
    return {key: value for key, value in before.items() if key not in emptied}


def _split_lists(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Split the items of lists at commas and blanks, as people paste them."""
    return {
        key: split_numbers(" ".join(value)) if isinstance(value, list) else value
        for key, value in user_input.items()
    }


class CallRecorderOptionsFlow(OptionsFlowWithReload):
    """Changes how a recorder is treated."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options of this kind of recorder."""
        if user_input is not None:
            return self.async_create_entry(data=_split_lists(user_input))
        form = FORMS[self.config_entry.data[CONF_RECORDER]]
        schema = {**form.options, **_PRIVACY}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(schema), self.config_entry.options
            ),
        )
