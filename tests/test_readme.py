"""The README and the docs are true: examples work, tables are those of the integration."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from textwrap import dedent
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.call_recorder.const import DOMAIN
from custom_components.call_recorder.line_watch import BUSY_STATES
from homeassistant.components.automation.config import (
    ValidationStatus,
    async_validate_config_item,
)
from homeassistant.components.logger import CONFIG_SCHEMA as LOGGER_SCHEMA
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from simulator.office import Office
from tests.helpers.clock import Poll
from tests.helpers.entries import make_entry, set_up, set_up_recorder

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DASHBOARD = ROOT / "docs" / "dashboard.md"
ENTITIES = ROOT / "docs" / "entities.md"
ACTIONS_PAGE = ROOT / "docs" / "actions.md"
AUTOMATIONS_PAGE = ROOT / "docs" / "automations.md"
TROUBLESHOOTING = ROOT / "docs" / "troubleshooting.md"
RECORDERS = ROOT / "docs" / "recorders"
MANUAL = [README, *sorted((ROOT / "docs").glob("**/*.md"))]
PAGES = [*MANUAL, *(page for page in sorted(ROOT.glob("*.md")) if page != README)]
TEXTS: dict[str, Any] = json.loads(
    (ROOT / "custom_components" / DOMAIN / "translations" / "en.json").read_text()
)
MANIFEST: dict[str, Any] = json.loads(
    (ROOT / "custom_components" / DOMAIN / "manifest.json").read_text()
)


def _blocks(language: str) -> list[str]:
    """Return the code blocks of the manual in a language."""
    fence = rf"^( *)```{language}\n(.*?)^\1```$"
    text = "\n".join(page.read_text() for page in MANUAL)
    found = re.findall(fence, text, flags=re.MULTILINE | re.DOTALL)
    return [dedent(block) for _, block in found]


def _examples() -> list[dict[str, Any]]:
    """Return the YAML blocks of the manual."""
    examples = [parse_yaml(block) for block in _blocks("yaml")]
    assert all(isinstance(example, dict) for example in examples)
    return examples  # type: ignore[return-value]


EXAMPLES = _examples()
AUTOMATIONS = {
    example["alias"]: example for example in EXAMPLES if "triggers" in example
}
ACTIONS = [example for example in EXAMPLES if "action" in example]
CARDS = [example for example in EXAMPLES if "tap_action" in example]
GRAPHS = [example for example in EXAMPLES if "stat_types" in example]
BOARDS = [example for example in EXAMPLES if "views" in example]
OWN_CARDS = [
    example.get("strategy", example)
    for example in EXAMPLES
    if str(example.get("strategy", example).get("type")).startswith("custom:")
]
CONFIGURATIONS = [example for example in EXAMPLES if "logger" in example]
LOGBOOKS = [example for example in EXAMPLES if "logbook" in example]
"""Tested in test_logbook.py: what they leave of the activity log."""


def _cells(text: str) -> list[str]:
    """Return the cells of the tables in a text."""
    rows = re.findall(r"^\|(.+)\|$", text, flags=re.MULTILINE)
    return [cell.strip() for row in rows for cell in row.split(" | ")]


def _section(page: Path, heading: str) -> str:
    """Return the text below a heading, up to the next of the same or a higher level."""
    text = page.read_text()
    level = len(re.findall(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)[0])
    _, _, rest = text.partition(f"\n{'#' * level} {heading}\n")
    return re.split(rf"^#{{1,{level}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def _leaves(texts: Any) -> list[str]:
    """Return all texts in a part of the translations."""
    if isinstance(texts, str):
        return [texts]
    return [leaf for part in texts.values() for leaf in _leaves(part)]


def _first_sentence(text: str) -> str:
    """Return what a person recognises a text by."""
    return text.split(". ", maxsplit=1)[0].rstrip(".") + "."


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# --- Links ---


REPOSITORY = MANIFEST["documentation"]
# What a page may link to: ours, Home Assistant's, and what is said to be elsewhere.
KNOWN_ADDRESSES = (
    REPOSITORY,
    "https://www.home-assistant.io",
    "https://my.home-assistant.io/",
    "https://www.hacs.xyz",
    "https://img.shields.io/",
    "https://api.catapult.inetwork.com/v1/",
    "https://keepachangelog.com/",
    "https://semver.org/",
)


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {_anchor(heading) for heading in headings}


def _leads_somewhere(page: Path, link: str) -> bool:
    """Return whether a link leads to a file of the repository, and to a heading in it."""
    path, _, anchor = link.partition("#")
    local = path.removeprefix(f"{REPOSITORY}/blob/main/")
    base = ROOT if local != path else page.parent
    target = base / local if path else page
    return target.is_file() and (not anchor or anchor in _anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every file and every heading that a page links to is there."""
    text = page.read_text()
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    targets = {first or second for first, second in links}
    ours = {
        target
        for target in targets
        if not target.startswith("https://") or f"{REPOSITORY}/blob/" in target
    }
    assert targets
    assert not {target for target in ours if not _leads_somewhere(page, target)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_are_absolute(page: Path) -> None:
    """Where a page is shown alone, as the Marketplace does, no other link leads anywhere."""
    links = re.findall(r"(?<!!)\[[^\[\]]*\]\(([^)\s]+)\)", page.read_text())
    assert not [link for link in links if not link.startswith(("https://", "#"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_addresses_are_known(page: Path) -> None:
    """No address is made up: those of the manifest, Home Assistant's, and examples."""
    addresses = re.findall(r"https?://[^\s)`|\"]+", page.read_text())
    assert not [
        address
        for address in addresses
        if not address.startswith(KNOWN_ADDRESSES) and ".example.com" not in address
    ]


def test_house_is_laid_out_like_this() -> None:
    """Every place that CONTRIBUTING names is there, and every script is named."""
    text = CONTRIBUTING.read_text()
    places = re.findall(r"^\| `([\w./-]+/[\w./-]*)` \|", text, flags=re.MULTILINE)
    assert places
    assert not [place for place in places if not (ROOT / place).exists()]
    # Other scripts call these.
    helpers = {"debian-python", "lock", "setup"}
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if not path.suffix}
    commands = {name for name in scripts if (ROOT / "scripts" / name).is_file()}
    assert {f"scripts/{name}" for name in commands - helpers} <= set(places)


@pytest.mark.parametrize("form", ["fault", "recorder"])
def test_issue_forms(form: str) -> None:
    """Each question of a form on GitHub has an ID, and which recorder it is is asked."""
    path = ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml"
    content = parse_yaml(path.read_text())
    assert isinstance(content, dict)
    questions = [part for part in content["body"] if part["type"] != "markdown"]
    ids = [question["id"] for question in questions]
    assert len(set(ids)) == len(ids)
    assert "recorder" in ids


# --- Tables ---


def test_every_action_is_described() -> None:
    """Each action is in the table, each of its fields in the section."""
    section = ACTIONS_PAGE.read_text()
    for name, texts in TEXTS["services"].items():
        assert f"`{DOMAIN}.{name}`" in section
        for field in texts["fields"]:
            assert f"`{field}`" in section


def test_every_error_is_described() -> None:
    """The tables have each message with its key, and no other."""
    section = _section(ACTIONS_PAGE, "When an action fails")
    rows = re.findall(r"^\| (.+?) \| `(\w+)` \|", section, flags=re.MULTILINE)
    documented = {key: message for message, key in rows}
    assert documented == {
        key: text["message"] for key, text in TEXTS["exceptions"].items()
    }


async def test_every_entity_is_described(
    hass: HomeAssistant, recorder_data: dict[str, Any]
) -> None:
    """The tables have the entities of each recorder and its lines, and no other."""
    line = ConfigSubentryData(
        data={"directory_number": "101", "must_be_recorded": True},
        subentry_type="line",
        title="Reception",
        unique_id=None,
    )
    entry = make_entry(hass, recorder_data, subentries_data=[line])
    await set_up(hass, entry)
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, entry.entry_id)
    for heading, of_line in (("The recorder", False), ("Each line", True)):
        names = sorted(
            entity.original_name or ""
            for entity in entities
            if bool(entity.config_subentry_id) is of_line
        )
        assert names == _entities(heading, recorder_data["recorder"])


def _entities(heading: str, recorder: str) -> list[str]:
    """Return the entities that a table names for a recorder."""
    rows = re.findall(
        r"^\| (.+) \| .+ \| (.+) \|$", _section(ENTITIES, heading), re.MULTILINE
    )
    return sorted(
        name
        for name, where in rows
        if where == "all" or recorder.capitalize() in where.split(", ")
    )


def test_every_event_is_described() -> None:
    """Each type of event is in the table."""
    events = TEXTS["entity"]["event"]["recording"]["state_attributes"]["event_type"]
    named = set(re.findall(r"`(\w+)`", " ".join(_cells(_section(ENTITIES, "Events")))))
    assert set(events["state"]) <= named


@pytest.mark.parametrize("kind", ["triggers", "conditions"])
def test_every_trigger_and_condition_is_described(kind: str) -> None:
    """Each is in a table, by the name that the editor shows and by its key."""
    section = _section(AUTOMATIONS_PAGE, "Triggers and conditions")
    for key, texts in TEXTS[kind].items():
        assert f"| {texts['name']} | `{DOMAIN}.{key}`: " in section


def test_every_sign_of_a_call_is_described() -> None:
    """The states that mean a call are those that the integration knows."""
    _, _, text = _section(ENTITIES, "Lines").partition("tells of a call when")
    assert set(re.findall(r"`(\w+)`", text)) == BUSY_STATES


@pytest.mark.parametrize("recorder", TEXTS["config"]["step"]["user"]["menu_options"])
def test_every_recorder_is_described(recorder: str) -> None:
    """Each recorder has a page, with each field of its form."""
    fields = TEXTS["config"]["step"][recorder]["data"].values()
    assert set(fields) <= set(
        _cells(_section(RECORDERS / f"{recorder}.md", "The form"))
    )


def test_every_option_is_described() -> None:
    """Each option is in the table."""
    options = TEXTS["options"]["step"]["init"]["data"].values()
    assert set(options) <= set(_cells(_section(README, "Changing it later")))


def test_every_field_of_a_line_is_described() -> None:
    """Each field of a line's form is in the table."""
    fields = TEXTS["config_subentries"]["line"]["step"]["user"]["data"].values()
    assert set(fields) <= set(_cells(_section(ENTITIES, "Lines")))


def test_every_choice_is_described() -> None:
    """Each choice of the forms is named."""
    choices = _leaves(TEXTS["selector"]["recorded_calls"]["options"])
    assert set(choices) <= set(
        _cells(_section(RECORDERS / "yeastar.md", "Recorded calls"))
    )


def test_every_form_error_is_explained() -> None:
    """Each error of the forms is in the table of the troubleshooting."""
    errors = {_first_sentence(text) for text in TEXTS["config"]["error"].values()}
    assert errors <= set(_cells(_section(TROUBLESHOOTING, "The form says")))


def test_every_repair_issue_is_explained() -> None:
    """Each repair issue is in the table of the troubleshooting."""
    titles = {
        issue["title"].removeprefix("{recorder}: ")
        for issue in TEXTS["issues"].values()
    }
    assert titles <= set(_cells(_section(TROUBLESHOOTING, "Repairs shows")))


# --- Examples ---


def test_every_example_is_tested() -> None:
    """Every YAML block is of a kind that is checked."""
    kinds = (
        AUTOMATIONS,
        ACTIONS,
        CARDS,
        GRAPHS,
        BOARDS,
        OWN_CARDS,
        CONFIGURATIONS,
        LOGBOOKS,
    )
    assert all(kinds)
    assert sum(map(len, kinds)) == len(EXAMPLES)


@pytest.mark.parametrize("alias", AUTOMATIONS)
async def test_automation_is_valid(
    hass: HomeAssistant, imagicle: MockConfigEntry, alias: str
) -> None:
    """Home Assistant takes the automation in."""
    config = await async_validate_config_item(hass, "readme", AUTOMATIONS[alias])
    assert config is not None
    assert config.validation_status is ValidationStatus.OK, config.validation_error


@pytest.mark.parametrize("example", ACTIONS, ids=lambda example: example["action"])
async def test_action_is_valid(hass: HomeAssistant, example: dict[str, Any]) -> None:
    """The action is there, and takes these data."""
    assert await async_setup_component(hass, DOMAIN, {})
    _validate_action(hass, example["action"], example.get("data", {}))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card["name"])
async def test_card_is_valid(hass: HomeAssistant, card: dict[str, Any]) -> None:
    """What a tap on the card does is there, and takes these data."""
    assert await async_setup_component(hass, DOMAIN, {})
    tap = card["tap_action"]
    assert tap["action"] == "perform-action"
    _validate_action(hass, tap["perform_action"], tap["data"])


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph["title"])
async def test_graph_has_statistics(
    hass: HomeAssistant, imagicle: MockConfigEntry, graph: dict[str, Any]
) -> None:
    """Home Assistant keeps statistics of what the graph shows."""
    for entity_id in graph["entities"]:
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["state_class"] == "measurement"
    assert set(graph["stat_types"]) <= {"max", "mean", "min"}


def _validate_action(hass: HomeAssistant, name: str, data: dict[str, Any]) -> None:
    """Validate the data of an action."""
    domain, _, service = name.partition(".")
    schema = hass.services.async_services_for_domain(domain)[service].schema
    assert schema is not None
    schema(data)


def _named_entities(config: Any) -> Iterator[str]:
    """Yield the entities that a dashboard names."""
    if isinstance(config, list):
        for part in config:
            yield from _named_entities(part)
    elif isinstance(config, dict):
        for key, value in config.items():
            if key == "entity":
                yield value
            elif key == "entities":
                yield from value
            else:
                yield from _named_entities(value)


@pytest.mark.parametrize("board", BOARDS)
async def test_board_has_named_entities(
    hass: HomeAssistant, imagicle_data: dict[str, Any], board: dict[str, Any]
) -> None:
    """Each entity of the dashboard is there, by the name that it has at first."""
    phone = "binary_sensor.phone"
    line = {
        "directory_number": "101",
        "must_be_recorded": True,
        "busy_entity_id": phone,
    }
    await set_up_recorder(hass, imagicle_data, lines={"Reception": line})
    missing = {
        entity_id
        for entity_id in _named_entities(board)
        if not hass.states.get(entity_id)
    }
    assert not missing


@pytest.mark.parametrize("card", OWN_CARDS, ids=lambda card: card["type"])
def test_own_card_is_there(card: dict[str, Any]) -> None:
    """The integration brings the card, and the manual has each of its options."""
    name = card["type"].removeprefix("custom:")
    script = ROOT / "custom_components" / DOMAIN / "frontend" / "call-recorder.js"
    assert name in script.read_text()
    options = _cells(_section(DASHBOARD, "The card"))
    assert {f"`{option}`" for option in card} - {"`type`"} <= set(options)


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_configuration_is_valid(configuration: dict[str, Any]) -> None:
    """Home Assistant takes the configuration in, and it names this integration."""
    validated = LOGGER_SCHEMA(configuration)
    assert f"custom_components.{DOMAIN}" in validated["logger"]["logs"]


# --- Examples at work ---


async def _automate(hass: HomeAssistant, alias: str) -> None:
    """Set up one of the manual's automations."""
    config = {"automation": [AUTOMATIONS[alias]]}
    assert await async_setup_component(hass, "automation", config)
    await hass.async_block_till_done()


async def test_on_air_light(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """The light is on while a call is being recorded."""
    turned_on = async_mock_service(hass, "light", "turn_on")
    turned_off = async_mock_service(hass, "light", "turn_off")
    await _automate(hass, "On-air light")
    await pass_time(31)
    assert (len(turned_on), len(turned_off)) == (0, 0)
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    assert (len(turned_on), len(turned_off)) == (1, 0)
    office.hang_up(call)
    await pass_time(31)
    assert (len(turned_on), len(turned_off)) == (1, 1)


@pytest.mark.parametrize(
    ("number", "recorded"), [("+15551230000", 1), ("+15559999999", 0)]
)
async def test_record_important_callers(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    office: Office,
    imagicle: MockConfigEntry,
    number: str,
    recorded: int,
) -> None:
    """An important call is recorded, as soon as it is connected."""
    alias = "Record important callers"
    assert await async_setup_component(hass, "webhook", {})
    await _automate(hass, alias)

    @callback
    def answer(_event: Event[EventStateChangedData]) -> None:
        """Pick up the phone after the first refusal."""
        office.connect("101", number)

    async_track_state_change_event(hass, "event.imagicle_recording_events", answer)
    client = await hass_client_no_auth()
    await client.post(
        f"/api/webhook/{AUTOMATIONS[alias]['triggers'][0]['webhook_id']}",
        json={"extension": "101", "number": number},
    )
    await hass.async_block_till_done()
    assert len(office.recordings) == recorded


async def test_tell_of_a_refusal(
    hass: HomeAssistant, imagicle: MockConfigEntry
) -> None:
    """A refusal is reported with its reason, whatever sent the command."""
    notified = async_mock_service(hass, "persistent_notification", "create")
    await _automate(hass, "Tell me what is not recorded")
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(
            DOMAIN, "start_recording", {"directory_number": "101"}, blocking=True
        )
    await hass.async_block_till_done()
    assert "(no_connected_call)" in notified[0].data["message"]


@pytest.mark.parametrize(("recordings", "cleaned"), [(0, 1), (1, 0)])
async def test_keep_the_office_quiet(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    recordings: int,
    cleaned: int,
) -> None:
    """The vacuum waits while a call is being recorded."""
    started = async_mock_service(hass, "vacuum", "start")
    await _automate(hass, "Keep the office quiet")
    await pass_time(31)
    for line in office.lines[:recordings]:
        office.start_recording(office.connect(line.number))
    await pass_time(31)
    hass.states.async_set("input_button.vacuum", "2026-11-22T09:00:00+00:00")
    await hass.async_block_till_done()
    assert len(started) == cleaned


@pytest.mark.parametrize(("is_connected", "notifications"), [(True, 0), (False, 1)])
async def test_say_so_when_a_start_fails(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    is_connected: bool,
    notifications: int,
) -> None:
    """An automation goes on after its own attempt, and knows what came of it."""
    notified = async_mock_service(hass, "persistent_notification", "create")
    await _automate(hass, "Record reception, and say so when that fails")
    if is_connected:
        office.connect("101")
    hass.states.async_set("input_button.record_reception", "2026-11-22T09:00:00+00:00")
    await hass.async_block_till_done()
    assert len(notified) == notifications
    assert len(office.recordings) == 1 - notifications


async def test_tell_who_is_being_recorded(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry
) -> None:
    """The response is shown in a sentence for each recording."""
    notified = async_mock_service(hass, "persistent_notification", "create")
    await _automate(hass, "Tell who is being recorded")
    office.start_recording(office.connect("101"))
    office.start_recording(office.connect("102"))
    hass.states.async_set("input_button.who_is_recorded", "2026-11-22T09:00:00+00:00")
    await hass.async_block_till_done()
    assert notified[0].data["title"] == "2 active recordings"
    assert "- anna.rossi:\n  0 minutes" in notified[0].data["message"]


async def test_keep_a_copy_of_every_recording(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    tmp_path: Path,
) -> None:
    """A recording is copied as soon as it is in the archive."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    alias = "Keep a copy of every recording"
    text = json.dumps(AUTOMATIONS[alias]).replace("/media/recordings", str(tmp_path))
    config = {"automation": [json.loads(text)]}
    assert await async_setup_component(hass, "automation", config)
    await pass_time(31)
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(31)
    await pass_time(61)
    assert _suffixes(tmp_path) == {".json", ".mp3"}


def _suffixes(folder: Path) -> set[str]:
    """Return the kinds of files in a folder."""
    return {path.suffix for path in folder.iterdir()}


# --- Responses ---


def _shape(response: Any) -> Any:
    """Reduce a response to the names of its fields."""
    if not isinstance(response, dict):
        return None
    return {name: _shape(value) for name, value in response.items()}


async def test_responses_look_like_this(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, tmp_path: Path
) -> None:
    """The actions respond with the fields that the manual shows."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}

    async def respond(name: str, **data: Any) -> Any:
        """Call an action and return its response."""
        return await hass.services.async_call(
            DOMAIN, name, data, blocking=True, return_response=True
        )

    call = office.connect("101")
    started = await respond("start_recording", directory_number="101")
    active = await respond("get_active_recordings")
    office.hang_up(call)
    office.advance()
    found = await respond("get_recordings")
    finished = await respond("get_recording", recording_id=started["recording_id"])
    copy = await respond(
        "export_recording", recording_id=started["recording_id"], path=str(tmp_path)
    )
    documented = [json.loads(block) for block in _blocks("json")]
    responses = [started, active["recordings"][0], found, finished, copy]
    assert list(map(_shape, documented)) == list(map(_shape, responses))
