"""The other languages say all that English says, in Home Assistant's own words."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
import json
from pathlib import Path
import re
from typing import Any

import pytest

from homeassistant import components

ROOT = Path(__file__).parents[1]
INTEGRATION = ROOT / "custom_components" / "call_recorder"
OWN = INTEGRATION / "translations"
CARD = ROOT / "frontend" / "src" / "translations"
LANGUAGES = sorted(path.stem for path in OWN.iterdir() if path.stem != "en")

# Words that a language shares with English; elsewhere it would be an oversight.
SHARED = {
    "de": {
        *("Name", "Recorder", "Limit", "Cursor", "Port", "Host", "Position"),
        *("April", "August", "September", "November"),
    },
    "es": {"Cursor", "Host"},
    "fr": {"Mode", "Options", "Port", "Direction", "Pause", "Position"},
    "it": {"Password", "Host", "Dial-in"},
    "nl": {"Recorder", "Recorders", "Cursor", "Host", "Cisco media forking"},
    "pt-BR": {"Cursor", "Host"},
    "zh-Hans": set(),
}
_STEPS = json.loads((OWN / "en.json").read_text())["config"]["step"]
_RECORDERS: dict[str, str] = _STEPS["user"]["menu_options"]
NAMES = {
    *("Call Recorder", "URL"),
    *_RECORDERS.values(),
    *(_STEPS[recorder]["title"] for recorder in _RECORDERS),
}
# No word of the other languages, and hard to avoid in an English sentence.
ENGLISH = re.compile(
    r"\b(the|this|which|with|from|cannot|recordings?)\b", re.IGNORECASE
)
# Names of the recorders' own pages and features.
QUOTED = re.compile(
    r"[«“„\"'][^«»“”„\"']*[»”“\"']|Call[ -]Recording|Recording Pilot", re.IGNORECASE
)
# What Home Assistant has in all languages: our text, and theirs.
COMMON = {
    "config.step.imagicle.data.username": ("reolink", "config.step.user.data.username"),
    "config.step.imagicle.data.password": ("reolink", "config.step.user.data.password"),
    "entity.sensor.state.state.paused": ("timer", "entity_component._.state.paused"),
}


def read(path: Path) -> dict[str, str]:
    """Return the texts of a file by their paths."""

    def walk(table: dict[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
        for key, value in table.items():
            if isinstance(value, dict):
                yield from walk(value, f"{place}{key}.")
            else:
                yield f"{place}{key}", value

    return dict(walk(json.loads(path.read_text())))


@cache
def texts(folder: Path, language: str) -> dict[str, str]:
    """Return the texts of a language by their paths."""
    return read(folder / f"{language}.json")


@cache
def frontend(language: str) -> dict[str, str]:
    """Return the frontend's texts in a language."""
    folder = files("hass_frontend") / "static" / "translations" / "config"
    found = [
        path
        for path in Path(str(folder)).iterdir()
        if path.suffix == ".json" and path.name.startswith(f"{language}-")
    ]
    return {
        key: text
        for path in found
        if re.fullmatch(rf"{language}-[0-9a-f]+\.json", path.name)
        for key, text in read(path).items()
    }


def words(text: str) -> str:
    """Return a text without its placeholders."""
    return re.sub(r"\{\w+\}", "", text).strip(" ,")


ALL = pytest.mark.parametrize("language", LANGUAGES)
BOTH = pytest.mark.parametrize("folder", [OWN, CARD], ids=["integration", "card"])


def test_languages() -> None:
    """The languages of the recorders' markets are there, and the card has them too."""
    assert sorted(SHARED) == LANGUAGES
    listed = re.search(r"LANGUAGES = (\[.+\])", (CARD.parent / "texts.ts").read_text())
    assert listed
    assert json.loads(listed[1]) == LANGUAGES


@ALL
def test_card_brings_them(language: str) -> None:
    """What browsers fetch is what was translated."""
    built = INTEGRATION / "frontend" / "translations" / f"{language}.json"
    assert read(built) == texts(CARD, language)


@ALL
@BOTH
def test_nothing_is_missing(folder: Path, language: str) -> None:
    """A language has each text, and none that English has no more, in the same order."""
    assert list(texts(folder, language)) == list(texts(folder, "en"))


@ALL
@BOTH
def test_placeholders(folder: Path, language: str) -> None:
    """A text has the placeholders of the English one."""

    def placeholders(text: str) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", text))

    for place, text in texts(folder, language).items():
        assert placeholders(text) == placeholders(texts(folder, "en")[place]), place


@ALL
@BOTH
def test_nothing_stayed_english(folder: Path, language: str) -> None:
    """No text is that of the English file, but names and words that both have."""
    english = texts(folder, "en")
    same = {
        text
        for place, text in texts(folder, language).items()
        if text == english[place] and words(text)
    }
    assert same <= SHARED[language] | NAMES
    left = {
        place: text
        for place, text in texts(folder, language).items()
        if ENGLISH.search(QUOTED.sub("", text)) and text not in NAMES
    }
    assert not left


@ALL
@BOTH
def test_sentences_end_alike(folder: Path, language: str) -> None:
    """A sentence is a sentence, and a name is a name."""
    for place, text in texts(folder, language).items():
        is_sentence = texts(folder, "en")[place].endswith((".", "?"))
        assert text.endswith((".", "?", "\u3002", "\uff1f")) is is_sentence, place


@BOTH
def test_chinese_is_chinese(folder: Path) -> None:
    """Each text has Chinese characters, and Chinese punctuation between them."""
    for place, text in texts(folder, "zh-Hans").items():
        if words(text) and text not in NAMES:
            assert re.search(r"[\u4e00-\u9fff]", text), place
        assert not re.search(r"[\u4e00-\u9fff][,.:;?!]|[,;?!][\u4e00-\u9fff]", text), (
            place
        )


@ALL
def test_home_assistants_words(language: str) -> None:
    """What other integrations have too is called as they call it."""
    for own, (domain, theirs) in COMMON.items():
        path = Path(components.__path__[0]) / domain / "translations"
        assert texts(OWN, language)[own] == read(path / f"{language}.json")[theirs]


@ALL
def test_buttons_of_the_frontend(language: str) -> None:
    """A text that names a button names it as the frontend does in that language."""
    buttons = {
        "Submit": "ui.panel.config.integrations.config_flow.submit",
        "with Reconfigure": "ui.panel.config.integrations.config_entry.reconfigure",
    }
    for place, text in texts(OWN, "en").items():
        for button, key in buttons.items():
            if button in text:
                assert frontend(language)[key] in texts(OWN, language)[place], place


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_rights_of_a_manager_user(language: str) -> None:
    """Each language recommends the few rights that watching an Asterisk takes.

    A wrong secret cannot be told from an address that is not permitted.
    """
    own = texts(OWN, language)
    user = own["config.step.asterisk.data_description.username"]
    assert "read = call" in user
    assert "write = call,reporting" in user
    assert "FreePBX" in user
    assert "permit" in own["config.error.invalid_auth"]
