"""Every name that a person meets has its text and its icon, and none is left over.

What needs a text is asked of the integration itself: its flows are opened, its
actions are registered, its entity descriptions and its enums of keys are read.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
import json
from pathlib import Path
import re
from typing import Any, Final, NamedTuple

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)
import voluptuous as vol

from custom_components.call_recorder import PLATFORMS
from custom_components.call_recorder.api import RECORDERS, client_class
from custom_components.call_recorder.api.errors import ErrorKey
from custom_components.call_recorder.config_flow import (
    CallRecorderConfigFlow,
    FormError,
)
from custom_components.call_recorder.const import DOMAIN
from custom_components.call_recorder.issues import ACCESS_ISSUES, IssueKey
from custom_components.call_recorder.line_flow import LineError
from custom_components.call_recorder.recording_events import RecordingEventType
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigSubentryData,
)
from homeassistant.const import Platform, __version__ as HA_VERSION
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
from tests.helpers.entries import make_entry, set_up

_COMPONENT: Final = Path(__file__).parents[1] / "custom_components" / DOMAIN
_TEXTS: Final[dict[str, Any]] = json.loads(
    (_COMPONENT / "translations" / "en.json").read_text()
)
_ICONS: Final[dict[str, Any]] = json.loads((_COMPONENT / "icons.json").read_text())
_MANIFEST: Final[dict[str, Any]] = json.loads(
    (_COMPONENT / "manifest.json").read_text()
)

_KEY: Final = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def _walk(texts: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with the path to it."""
    if isinstance(texts, str):
        yield path, texts
        return
    for key, value in texts.items():
        yield from _walk(value, f"{path}.{key}" if path else key)


def _at(texts: Mapping[str, Any], path: str) -> Any:
    """Return what is at a path of keys; nothing there is an empty object."""
    found: Any = texts
    for key in path.split("."):
        found = found.get(key, {})
    return found


def _placeholders(texts: Any) -> set[str]:
    """Return the names of the placeholders in the texts."""
    return {name for _, text in _walk(texts) for name in _PLACEHOLDER.findall(text)}


def _load(name: str) -> dict[str, Any]:
    """Return what a YAML file describes; nothing when there is none."""
    path = _COMPONENT / f"{name}.yaml"
    described = load_yaml_dict(str(path)) if path.exists() else {}
    # A name with a dot only holds an anchor.
    return {key: value or {} for key, value in described.items() if key[0] != "."}


def _fields(described: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the fields of an action, a trigger or a condition, in sections or not."""
    fields: dict[str, Mapping[str, Any]] = {}
    for name, value in described.get("fields", {}).items():
        fields |= value.get("fields", {name: value})
    return fields


# --- The texts themselves ---


def test_sections() -> None:
    """A section that Home Assistant does not know is never shown."""
    assert set(_TEXTS) <= {
        "common",
        "conditions",
        "config",
        "config_subentries",
        "device",
        "entity",
        "exceptions",
        "issues",
        "options",
        "selector",
        "services",
        "system_health",
        "triggers",
    }
    assert set(_ICONS) <= {"conditions", "entity", "services", "triggers"}


# What hassfest does not let pass, and what Home Assistant would show as it is.
_FAULTS: Final = {
    "empty, or with blanks around it": re.compile(r"^\s|\s$|^$"),
    "an address: give it as a placeholder": re.compile(r"https?://|www\."),
    "HTML": re.compile(r"<[a-zA-Z/]"),
    "a reference, which is not resolved for us": re.compile(r"\[%key:"),
    "a placeholder in single quotes": re.compile(r"'[^']*\{\w+\}[^']*'"),
    "a brace that belongs to no placeholder": re.compile(r"\{(?!\w+\})|(?<!\w)\}"),
}


def test_texts_are_well_formed() -> None:
    """Each text is one that hassfest lets pass."""
    texts = list(_walk(_TEXTS))
    assert len(texts) > 100
    assert [
        (path, fault)
        for path, text in texts
        for fault, pattern in _FAULTS.items()
        if pattern.search(text)
    ] == []
    assert [
        path
        for path, _ in texts
        if not all(_KEY.fullmatch(key) for key in path.split("."))
    ] == []


def test_icons_are_well_formed() -> None:
    """Each icon is named as Home Assistant names icons."""
    icon = re.compile(r"mdi:[a-z0-9]+(-[a-z0-9]+)*")
    assert [path for path, name in _walk(_ICONS) if not icon.fullmatch(name)] == []


# --- Actions, triggers and conditions ---


@pytest.mark.parametrize(
    ("kind", "icon"),
    [("services", "service"), ("triggers", "trigger"), ("conditions", "condition")],
)
def test_described(kind: str, icon: str) -> None:
    """What the YAML describes has texts and an icon, field by field."""
    described = _load(kind)
    texts, icons = _TEXTS.get(kind, {}), _ICONS.get(kind, {})
    assert set(texts) == set(described)
    assert set(icons) == set(described)
    for name, description in described.items():
        assert {"name", "description"} <= set(texts[name])
        assert icon in icons[name]
        fields = _fields(description)
        assert set(texts[name].get("fields", {})) == set(fields)
        for field in fields:
            assert set(texts[name]["fields"][field]) == {"name", "description"}


def test_fields_have_selectors() -> None:
    """Each field can be filled in without writing YAML, and offers what is ours."""
    fields = [
        field
        for kind in ("services", "triggers", "conditions")
        for description in _load(kind).values()
        for field in _fields(description).values()
    ]
    assert all(len(field["selector"]) == 1 for field in fields)
    recorders = [
        field["selector"]["config_entry"]
        for field in fields
        if "config_entry" in field["selector"]
    ]
    assert len(recorders) == len(_load("services"))
    assert all(config == {"integration": DOMAIN} for config in recorders)


async def test_actions_are_described(hass: HomeAssistant) -> None:
    """The fields in services.yaml are those that the actions accept."""
    assert await async_setup_component(hass, DOMAIN, {})
    registered = hass.services.async_services_for_domain(DOMAIN)
    described = _load("services")
    assert set(registered) == set(described)
    for name, action in registered.items():
        fields = _fields(described[name])
        assert isinstance(action.schema, vol.Schema)
        markers = {str(marker): marker for marker in action.schema.schema}
        assert set(markers) == set(fields)
        required = {key for key, field in fields.items() if field.get("required")}
        # A missing recording is refused in a sentence, and not by the schema.
        assert required - {"recording_id"} == {
            key for key, marker in markers.items() if isinstance(marker, vol.Required)
        }
        defaults = {
            key: marker.default()
            for key, marker in markers.items()
            if not isinstance(marker.default, vol.Undefined)
        }
        assert defaults == {
            key: field["default"] for key, field in fields.items() if "default" in field
        }
        given = set(getattr(action, "description_placeholders", None) or ())
        assert _placeholders(_TEXTS["services"][name]) == given


async def test_examples_and_options_are_accepted(hass: HomeAssistant) -> None:
    """What the action's form suggests can be sent."""
    assert await async_setup_component(hass, DOMAIN, {})
    registered = hass.services.async_services_for_domain(DOMAIN)
    for name, description in _load("services").items():
        schema = registered[name].schema
        assert isinstance(schema, vol.Schema)
        fields = _fields(description)
        required = {
            key: field["example"]
            for key, field in fields.items()
            if field.get("required")
        }
        for key, field in fields.items():
            select = field["selector"].get("select") or {}
            examples = [field["example"]] if "example" in field else []
            for value in (*examples, *select.get("options", ())):
                assert key in schema({**required, key: value})


@pytest.mark.parametrize("kind", ["trigger", "condition"])
async def test_triggers_and_conditions_are_described(
    hass: HomeAssistant, kind: str
) -> None:
    """The automation editor offers what exists, and only that."""
    offered: set[str] = set()
    if (_COMPONENT / f"{kind}.py").exists():
        module = import_module(f"custom_components.{DOMAIN}.{kind}")
        offered = set(await getattr(module, f"async_get_{kind}s")(hass))
    assert set(_load(f"{kind}s")) == offered


# --- Entities ---


class _Entity(NamedTuple):
    """What the texts and icons of an entity must be about."""

    has_device_class: bool
    states: frozenset[str]
    event_types: frozenset[str]
    counts: bool
    """A number without a unit of its own."""


_ON_OFF: Final = frozenset({"on", "off"})


def _descriptions(module: object) -> Iterator[Any]:
    """Yield the entity descriptions that a platform defines, alone or in tuples.

    Home Assistant's own description classes are not found by `isinstance`.
    """
    for value in vars(module).values():
        for item in value if isinstance(value, tuple) else (value,):
            if type(item).__name__.endswith("Description"):
                yield item


def _entity(platform: Platform, description: Any) -> _Entity:
    """Return the entity that a description makes."""
    return _Entity(
        has_device_class=description.device_class is not None,
        states=frozenset(getattr(description, "options", None) or ())
        or {"binary_sensor": _ON_OFF, "switch": _ON_OFF}.get(platform, frozenset()),
        event_types=frozenset(getattr(description, "event_types", None) or ()),
        counts=getattr(description, "state_class", None) is not None
        and description.device_class is None
        and description.native_unit_of_measurement is None,
    )


def _entities() -> dict[tuple[str, str], _Entity]:
    """Return the entities that any recorder can have, by platform and key."""
    capabilities = {
        capability
        for client in map(client_class, RECORDERS)
        for capability in client.capabilities
    }
    return {
        (platform.value, str(description.translation_key)): _entity(
            platform, description
        )
        for platform in PLATFORMS
        for description in _descriptions(
            import_module(f"custom_components.{DOMAIN}.{platform.value}")
        )
        if getattr(description, "capability", None) in (None, *capabilities)
    }


def test_entities_have_texts() -> None:
    """Each entity has a name, and no name is left over."""
    entities = _entities()
    assert {
        (platform, key) for platform, texts in _TEXTS["entity"].items() for key in texts
    } == set(entities)
    for (platform, key), entity in entities.items():
        texts = _TEXTS["entity"][platform][key]
        assert "name" in texts
        assert ("unit_of_measurement" in texts) is entity.counts
        assert _placeholders(texts) == set()
        events = _at(texts, "state_attributes.event_type.state")
        assert set(events) == entity.event_types
        assert set(texts.get("state", {})) == entity.states - _ON_OFF


def test_entities_have_icons() -> None:
    """Each entity has an icon of ours or of its device class; none is left over."""
    entities = _entities()
    icons = {
        (platform, key): icon
        for platform, platform_icons in _ICONS["entity"].items()
        for key, icon in platform_icons.items()
    }
    assert set(icons) <= set(entities)
    assert {
        name for name, entity in entities.items() if not entity.has_device_class
    } <= set(icons)
    for name, icon in icons.items():
        assert "default" in icon
        assert set(icon.get("state", {})) <= entities[name].states
        events = _at(icon, "state_attributes.event_type.state")
        assert set(events) <= entities[name].event_types


async def test_registered_entities_are_described(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    imagicle_data: dict[str, Any],
) -> None:
    """No entity comes without a description, so none escapes the tests above."""
    line = ConfigSubentryData(
        data={"directory_number": "101", "must_be_recorded": True, "auto_start": False},
        subentry_type="line",
        title="Reception",
        unique_id=None,
    )
    entry = make_entry(hass, imagicle_data, subentries_data=[line])
    await set_up(hass, entry)
    registered = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert len(registered) > 10
    for entity in registered:
        assert (entity.domain, entity.translation_key) in _entities()
        assert entity.has_entity_name


# --- Forms ---


class _Form(NamedTuple):
    """A step of a flow that was opened."""

    fields: set[str]
    placeholders: set[str]
    selectors: dict[str, set[str]]
    """Options by translation key."""


def _form(result: Mapping[str, Any]) -> _Form:
    """Read a form."""
    assert result["type"] == "form"
    schema = result["data_schema"].schema
    configs = [getattr(selector, "config", None) or {} for selector in schema.values()]
    return _Form(
        {str(field) for field in schema},
        set(result["description_placeholders"] or ()),
        {
            config["translation_key"]: set(config["options"])
            for config in configs
            if "translation_key" in config
        },
    )


def _join(forms: list[tuple[str, _Form]]) -> dict[str, _Form]:
    """Join the forms of one step: each recorder has its own fields there."""
    joined: dict[str, _Form] = {}
    for step, form in forms:
        before = joined.get(step, _Form(set(), set(), {}))
        joined[step] = _Form(
            before.fields | form.fields,
            before.placeholders | form.placeholders,
            before.selectors | form.selectors,
        )
    return joined


@pytest.fixture
async def entries(hass: HomeAssistant) -> list[MockConfigEntry]:
    """Return an entry of each kind of recorder, with a line; not set up."""
    entries = []
    for recorder in RECORDERS:
        flow = await _open_menu(hass)
        form = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"next_step_id": recorder}
        )
        data = dict.fromkeys(_form(form).fields, "x")
        entry = MockConfigEntry(
            domain=DOMAIN,
            data={**data, "recorder": recorder},
            subentries_data=[
                ConfigSubentryData(
                    data={}, subentry_type=subentry_type, title="x", unique_id=None
                )
                for subentry_type in ("line",)
            ],
        )
        entry.add_to_hass(hass)
        entries.append(entry)
    return entries


async def _open_menu(hass: HomeAssistant) -> Mapping[str, Any]:
    """Open the menu of recorders."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )


async def _config_forms(
    hass: HomeAssistant, entries: list[MockConfigEntry]
) -> dict[str, _Form]:
    """Open every form of the config flow."""
    forms = []
    for recorder in RECORDERS:
        flow = await _open_menu(hass)
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"next_step_id": recorder}
        )
        forms.append((result["step_id"], _form(result)))
    for entry in entries:
        for source in (SOURCE_REAUTH, SOURCE_RECONFIGURE):
            result = await hass.config_entries.flow.async_init(
                DOMAIN,
                context={"source": source, "entry_id": entry.entry_id},
                data=dict(entry.data) if source == SOURCE_REAUTH else None,
            )
            forms.append((result["step_id"], _form(result)))
    return _join(forms)


async def _options_forms(
    hass: HomeAssistant, entries: list[MockConfigEntry]
) -> dict[str, _Form]:
    """Open every form of the options flow."""
    forms = []
    for entry in entries:
        result = await hass.config_entries.options.async_init(entry.entry_id)
        forms.append((result["step_id"], _form(result)))
    return _join(forms)


async def _subentry_forms(
    hass: HomeAssistant, entries: list[MockConfigEntry], subentry_type: str
) -> dict[str, _Form]:
    """Open the forms that add and change a subentry."""
    forms = []
    for entry in entries:
        handler = (entry.entry_id, subentry_type)
        (subentry_id,) = entry.subentries
        for context in (
            {"source": SOURCE_USER},
            {"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
        ):
            result = await hass.config_entries.subentries.async_init(
                handler,
                context=context,  # type: ignore[arg-type]
            )
            forms.append((result["step_id"], _form(result)))
    return _join(forms)


def _check_steps(texts: Mapping[str, Any], forms: Mapping[str, _Form]) -> None:
    """Check that the texts of the steps are about their fields, and no others."""
    assert set(texts) == set(forms)
    for step, form in forms.items():
        assert "title" in texts[step]
        assert set(texts[step].get("data", {})) == form.fields
        assert set(texts[step].get("data_description", {})) == form.fields
        assert _placeholders(texts[step]) <= form.placeholders


async def test_menu_has_texts(hass: HomeAssistant) -> None:
    """The menu offers every recorder by its name."""
    menu = await _open_menu(hass)
    assert menu["step_id"] == "user"
    assert list(menu["menu_options"]) == list(RECORDERS)
    texts = _TEXTS["config"]["step"]["user"]
    assert set(texts["menu_options"]) == set(RECORDERS)
    assert "title" in texts


async def test_config_forms_have_texts(
    hass: HomeAssistant, entries: list[MockConfigEntry]
) -> None:
    """Each field of the config flow has a label and an explanation."""
    texts = dict(_TEXTS["config"]["step"])
    del texts["user"]
    _check_steps(texts, await _config_forms(hass, entries))


async def test_options_forms_have_texts(
    hass: HomeAssistant, entries: list[MockConfigEntry]
) -> None:
    """Each option has a label and an explanation."""
    assert set(_TEXTS["options"]) == {"step"}
    _check_steps(_TEXTS["options"]["step"], await _options_forms(hass, entries))


async def test_subentry_forms_have_texts(
    hass: HomeAssistant, entries: list[MockConfigEntry]
) -> None:
    """Each field of a subentry has a label and an explanation."""
    types = CallRecorderConfigFlow.async_get_supported_subentry_types(entries[0])
    assert set(_TEXTS["config_subentries"]) == set(types)
    for subentry_type in types:
        texts = _TEXTS["config_subentries"][subentry_type]
        assert set(texts["initiate_flow"]) == {"user", "reconfigure"}
        assert texts["entry_type"]
        forms = await _subentry_forms(hass, entries, subentry_type)
        _check_steps(texts["step"], forms)


async def test_selector_options_have_texts(
    hass: HomeAssistant, entries: list[MockConfigEntry]
) -> None:
    """Each option of each list has a text, and no text is left over."""
    expected: dict[str, set[str]] = {}
    for kind in ("services", "triggers", "conditions"):
        for description in _load(kind).values():
            for field in _fields(description).values():
                select = field["selector"].get("select") or {}
                if "translation_key" in select:
                    expected[select["translation_key"]] = set(select["options"])
    for forms in (
        await _config_forms(hass, entries),
        await _options_forms(hass, entries),
        await _subentry_forms(hass, entries, "line"),
    ):
        for form in forms.values():
            expected |= form.selectors
    assert {
        key: set(texts["options"]) for key, texts in _TEXTS["selector"].items()
    } == expected


# --- Errors, issues and aborts ---


_PLACEHOLDERS: Final = {
    ErrorKey.EXPORT_FAILED: {"reason"},
    ErrorKey.NOT_SUPPORTED: {"what"},
    ErrorKey.REQUEST_REFUSED: {"code", "text"},
}


def test_exceptions_have_texts() -> None:
    """Each error that can be raised has a message, and no message is left over."""
    assert set(_TEXTS["exceptions"]) == set(ErrorKey)
    for key, texts in _TEXTS["exceptions"].items():
        assert set(texts) == {"message"}
        assert _placeholders(texts) == _PLACEHOLDERS.get(key, set())
    source = "".join(path.read_text() for path in _COMPONENT.rglob("*.py"))
    used = set(re.findall(r"\bErrorKey\.([A-Z_]+)", source))
    # Those of `USER_ERRORS` are in the source anyway: they are raised by the clients.
    assert used == set(ErrorKey.__members__)


def test_issues_have_texts() -> None:
    """Each issue has texts and can be fixed, and no text is left over."""
    assert set(_TEXTS["issues"]) == set(IssueKey)
    assert set(ACCESS_ISSUES) <= set(ErrorKey)
    for key, texts in _TEXTS["issues"].items():
        assert _placeholders(texts) == {"recorder"}
        if key == IssueKey.UNENCRYPTED:
            assert set(texts) == {"title", "description"}
            continue
        assert set(texts) == {"title", "fix_flow"}
        assert set(texts["fix_flow"]["step"]) == {"confirm"}
        assert set(texts["fix_flow"]["step"]["confirm"]) == {"title", "description"}


def test_config_errors_and_aborts_have_texts() -> None:
    """Whatever the config flow can say is said in words."""
    assert set(_TEXTS["config"]["error"]) == set(FormError)
    assert set(_TEXTS["config"]["abort"]) == {
        "already_configured",
        "reauth_successful",
        "reconfigure_successful",
        "unique_id_mismatch",
    }
    assert set(_TEXTS["config"]["create_entry"]) == {"unencrypted"}


def test_folders_have_texts() -> None:
    """What the media browser writes itself has its words."""
    assert set(_TEXTS["common"]) == {
        "all_recordings",
        "earlier",
        "more",
        "played",
        *(f"activity_{event_type}" for event_type in RecordingEventType),
        "direction_incoming",
        "direction_outgoing",
        "direction_internal",
        "saving",
        "error",
        "month_title",
        "day_title",
        *(f"month_{month}" for month in range(1, 13)),
        *(f"weekday_{day}" for day in range(1, 8)),
    }
    assert _placeholders(_TEXTS["common"]["month_title"]) == {"month", "year"}
    assert _placeholders(_TEXTS["common"]["day_title"]) == {"weekday", "month", "day"}


def test_line_errors_and_aborts_have_texts() -> None:
    """Whatever the form of a line can say is said in words."""
    texts = _TEXTS["config_subentries"]["line"]
    assert set(texts["error"]) == set(LineError)
    assert set(texts["abort"]) == {"reconfigure_successful"}


async def test_system_health_has_texts(
    hass: HomeAssistant, imagicle: MockConfigEntry
) -> None:
    """Each line of the system health page has a label."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert set(_TEXTS["system_health"]["info"]) == set(info)


# --- The other files that Home Assistant reads ---


async def test_manifest_is_read(hass: HomeAssistant) -> None:
    """Home Assistant loads the integration by its manifest."""
    integration = await async_get_integration(hass, DOMAIN)
    assert integration.name == "Call Recorder"
    assert str(integration.version) == _MANIFEST["version"]
    assert not integration.is_built_in
    assert not integration.disabled
    platforms = {path.stem for path in _COMPONENT.glob("*.py")}
    assert {platform.value for platform in PLATFORMS} <= platforms


def test_oldest_home_assistant() -> None:
    """The Home Assistant that runs these tests is one that hacs.json lets install."""
    hacs = json.loads((_COMPONENT.parents[1] / "hacs.json").read_text())
    oldest = tuple(map(int, hacs["homeassistant"].split(".")))
    assert oldest == (2026, 10, 0)
    running = tuple(map(int, re.findall(r"\d+", HA_VERSION)[:3]))
    assert running >= oldest
