"""The rules of `scripts/validate` find what is wrong, and nothing is wrong here."""

from collections.abc import Callable
import json
from pathlib import Path
import shutil
from typing import Any

import pytest

from custom_components.call_recorder.const import DOMAIN
from homeassistant import components
from homeassistant.util.yaml import load_yaml_dict, save_yaml
from scripts.rules.__main__ import GROUPS, main

pytestmark = pytest.mark.skipif(
    not (Path(components.__path__[0]) / "marketplace").is_dir(),
    reason="The rules are those of the newest Home Assistant",
)

ROOT = Path(__file__).parents[1]
INTEGRATION = Path("custom_components") / DOMAIN


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of what the rules look at."""
    ignored = shutil.ignore_patterns("__pycache__", "images")
    for folder in ("custom_components", "blueprints", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for name in ("hacs.json", "LICENSE", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def in_json(path: Path, *keys: str, value: Any = None) -> Callable[[Path], None]:
    """Return what sets a value in a JSON file, or takes its key out."""

    def change(root: Path) -> None:
        content = json.loads((root / path).read_text())
        place = content
        for key in keys[:-1]:
            place = place[key]
        place.pop(keys[-1], None)
        if value is not None:
            place[keys[-1]] = value
        (root / path).write_text(json.dumps(content))

    return change


def in_yaml(path: Path, *keys: str, value: Any = None) -> Callable[[Path], None]:
    """Return what sets a value in a YAML file, or takes its key out."""

    def change(root: Path) -> None:
        content = load_yaml_dict(str(root / path))
        place: Any = content
        for key in keys[:-1]:
            place = place[key]
        place.pop(keys[-1], None)
        if value is not None:
            place[keys[-1]] = value
        save_yaml(str(root / path), content)

    return change


def without(path: Path) -> Callable[[Path], None]:
    """Return what deletes a file."""
    return lambda root: (root / path).unlink()


def replaced(path: Path, old: str, new: str) -> Callable[[Path], None]:
    """Return what replaces a text in a file."""

    def change(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return change


def second_integration(root: Path) -> None:
    """Put another integration beside ours."""
    other = root / "custom_components" / "other"
    other.mkdir()
    (other / "manifest.json").write_text("{}")


def small_icon(root: Path) -> None:
    """Put the large icon where the small one belongs."""
    brand = root / INTEGRATION / "brand"
    shutil.copy(brand / "icon@2x.png", brand / "icon.png")


MANIFEST = INTEGRATION / "manifest.json"
TEXTS = INTEGRATION / "translations" / "en.json"
ICONS = INTEGRATION / "icons.json"
SERVICES = INTEGRATION / "services.yaml"
RULES = INTEGRATION / "quality_scale.yaml"


def undone_discovery(root: Path) -> None:
    """Look for recorders in the network, and say that it is not done."""
    in_json(MANIFEST, "usb", value=[])(root)
    in_yaml(RULES, "rules", "discovery", value="todo")(root)


BREAKS: list[tuple[str, Callable[[Path], None], str]] = [
    # What is broken, how, and what is said of it.
    ("manifest", in_json(MANIFEST, "version", value="one"), "no version"),
    ("manifest", in_json(MANIFEST, "codeowners"), "codeowners"),
    ("manifest", in_json(MANIFEST, "categories", value=["telephones"]), "categories"),
    ("manifest", in_json(MANIFEST, "connectivity", value=["pigeon"]), "connectivity"),
    (
        "manifest",
        in_json(MANIFEST, "dependencies", value=["htttp"]),
        "integration htttp",
    ),
    ("manifest", in_json(MANIFEST, "dependencies", value=[]), "http is used"),
    ("manifest", in_json(MANIFEST, "documentation", value="ftp://x"), "https"),
    ("manifest", in_json(MANIFEST, "made_up", value=1), "made_up"),
    ("manifest", in_json(MANIFEST, "domain", value="call_recorder"), "order"),
    ("translations", without(TEXTS), "en.json is missing"),
    ("translations", replaced(TEXTS, '"config": {', '"config" {'), "en.json"),
    ("translations", in_json(TEXTS, "configuration", value={}), "configuration"),
    ("translations", in_json(TEXTS, "common", "url", value="See www.x.com"), "address"),
    ("translations", in_json(TEXTS, "common", "x", value="<b>bold</b>"), "HTML"),
    ("translations", in_json(TEXTS, "common", "x", value=" blank"), "blanks"),
    ("translations", in_json(TEXTS, "common", "x", value="'{name}'"), "single quotes"),
    ("translations", in_json(TEXTS, "common", "x", value="{not a name}"), "no name"),
    ("translations", in_json(TEXTS, "common", "x", value="{"), "malformed"),
    ("translations", in_json(TEXTS, "common", "x", value="[%key:y%]"), "references"),
    (
        "translations",
        in_json(TEXTS, "config", "step", "imagicle", "data_description", "url"),
        "step imagicle",
    ),
    (
        "translations",
        in_json(TEXTS, "issues", "service_gone", "fix_flow"),
        "service_gone",
    ),
    (
        "translations",
        in_json(TEXTS, "entity", "sensor", "state", "state", "idle", value="{x}"),
        "not replaced here",
    ),
    ("icons", replaced(ICONS, "mdi:", "mdi:not-"), "there is no icon mdi:not-"),
    (
        "icons",
        in_json(ICONS, "services", "start_recording", value="mdi:record"),
        "icons.json",
    ),
    (
        "icons",
        in_json(
            ICONS,
            *("entity", "button", "start_recording"),
            value={"default": "mdi:record", "state": {"on": "mdi:record"}},
        ),
        "default is repeated",
    ),
    (
        "services, triggers and conditions",
        in_json(TEXTS, "services", "stop_recording"),
        "services.stop_recording has no text",
    ),
    (
        "services, triggers and conditions",
        in_json(TEXTS, "services", "stop_recording", "fields", "recording_id"),
        "recording_id has no text",
    ),
    (
        "services, triggers and conditions",
        in_json(ICONS, "triggers", "recording_ended"),
        "triggers.recording_ended has no icon",
    ),
    (
        "services, triggers and conditions",
        in_yaml(INTEGRATION / "conditions.yaml", "is_paused"),
        "conditions.is_paused has a text and is not there",
    ),
    (
        "services, triggers and conditions",
        in_yaml(
            SERVICES,
            "get_recording",
            "fields",
            "recording_id",
            "selector",
            value={"x": {}},
        ),
        "services.yaml",
    ),
    (
        "services, triggers and conditions",
        in_json(TEXTS, "selector", "recording_mode", "options", "dial_in"),
        "recording_mode differ",
    ),
    ("quality scale", in_yaml(RULES, "rules", "brands"), "brands is missing"),
    (
        "quality scale",
        in_yaml(RULES, "rules", "beauty", value="done"),
        "beauty is no rule",
    ),
    ("quality scale", in_yaml(RULES, "rules", "brands", value="perhaps"), "is perhaps"),
    (
        "quality scale",
        in_yaml(RULES, "rules", "brands", value={"status": "exempt"}),
        "without a reason",
    ),
    (
        "quality scale",
        in_yaml(RULES, "rules", "strict-typing", value="todo"),
        "the manifest claims platinum",
    ),
    (
        "quality scale",
        replaced(INTEGRATION / "sensor.py", "PARALLEL_UPDATES", "PARALLEL"),
        "sensor.py has none",
    ),
    (
        "quality scale",
        replaced(
            INTEGRATION / "config_flow.py", "async_step_reauth(", "async_step_sign_in("
        ),
        "reauthentication-flow is done",
    ),
    ("quality scale", undone_discovery, "discovery and the manifest contradict"),
    ("quality scale", without(INTEGRATION / "triggers.yaml"), "docs-triggers"),
    ("repository", in_json(Path("hacs.json"), "domains", value=[]), "domains"),
    ("repository", in_json(Path("hacs.json"), "name", value="Recorder"), "differently"),
    (
        "repository",
        in_json(Path("hacs.json"), "homeassistant", value="new"),
        "no version",
    ),
    (
        "repository",
        replaced(Path("pyproject.toml"), 'version = "', 'version = "1'),
        "version",
    ),
    ("repository", without(Path("LICENSE")), "LICENSE is missing"),
    ("repository", without(INTEGRATION / "brand" / "logo.png"), "logo.png is missing"),
    ("repository", small_icon, "512 by 512"),
    ("repository", second_integration, "other"),
]


def test_this_checkout(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is wrong with this checkout."""
    assert main(ROOT) == 0, capsys.readouterr().out


def test_a_copy_is_as_good(checkout: Path) -> None:
    """What the tests below find is not there without the break."""
    assert main(checkout) == 0


@pytest.mark.parametrize(
    ("group", "break_it", "said"),
    BREAKS,
    ids=[f"{group}: {said}" for group, _, said in BREAKS],
)
def test_a_broken_copy(
    checkout: Path, group: str, break_it: Callable[[Path], None], said: str
) -> None:
    """The group that the break belongs to says so."""
    break_it(checkout)
    problems = list(GROUPS[group](checkout))
    assert [problem for problem in problems if said in problem], problems


def test_every_group_is_broken() -> None:
    """No group of rules goes untested."""
    assert {group for group, _, _ in BREAKS} == set(GROUPS)


def test_problems_are_printed(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command names the group and fails."""
    (checkout / "LICENSE").unlink()
    assert main(checkout) == 1
    assert capsys.readouterr().out == "repository: LICENSE is missing\n"
