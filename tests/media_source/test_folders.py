"""The media browser finds a recording among a million, and says why one is silent."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.calls import Call
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.conftest import add_lines, make_entry, set_up

ROOT = "media-source://call_recorder"
RECORDER = f"{ROOT}/01IMAGICLE"


class MediaBrowser:
    """Somebody in front of the media browser."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        """Sit down."""
        self._client = client

    async def ask(self, what: str, place: str, **more: str) -> dict[str, Any]:
        """Ask Home Assistant, as the frontend does."""
        await self._client.send_json_auto_id(
            {"type": f"media_source/{what}", "media_content_id": place, **more}
        )
        answer: dict[str, Any] = await self._client.receive_json()
        return answer

    async def open(self, place: str) -> dict[str, str]:
        """Open a folder; return where each title leads."""
        answer = await self.ask("browse_media", place)
        assert answer["success"], answer
        return {
            child["title"]: child["media_content_id"]
            for child in answer["result"]["children"]
        }

    async def search(self, place: str, text: str) -> list[str]:
        """Search below a folder; return the titles."""
        answer = await self.ask("search_media", place, search_query=text)
        assert answer["success"], answer
        return [found["title"] for found in answer["result"]["result"]]


@pytest.fixture
async def browser(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> AsyncGenerator[MediaBrowser]:
    """Return somebody in front of the media browser."""
    # Before the first client connects: no view can be added afterwards.
    assert await async_setup_component(hass, "call_recorder", {})
    assert await async_setup_component(hass, "media_source", {})
    client = await hass_ws_client(hass)
    yield MediaBrowser(client)
    await client.close()


@pytest.fixture(autouse=True)
async def _zone(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Begin at noon of a summer's day."""
    await hass.config.async_set_time_zone("Europe/Rome")
    freezer.move_to("2026-06-10 10:00:00+00:00")


def record(
    office: Office, freezer: FrozenDateTimeFactory, number: str = "101", **kwargs: Any
) -> Call:
    """Record a call of 65 seconds on a line."""
    call = office.connect(number, **kwargs)
    office.start_recording(call)
    freezer.tick(timedelta(seconds=65))
    office.hang_up(call)
    return call


async def test_from_the_recorder_to_the_recording(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
) -> None:
    """Recordings are below their month and day, the newest first."""
    freezer.move_to("2026-04-30 22:30:00+00:00")
    record(office, freezer)
    freezer.move_to("2026-06-10 10:00:00+00:00")
    record(office, freezer)
    record(office, freezer, "102", remote="+15557777", direction="outgoing")
    await hass.config_entries.async_reload(imagicle.entry_id)
    assert await browser.open(ROOT) == {"Imagicle": RECORDER}
    months = await browser.open(RECORDER)
    assert list(months) == ["2026-06", "2026-05"]
    days = await browser.open(months["2026-06"])
    assert list(days) == ["2026-06-10"]
    assert list(await browser.open(days["2026-06-10"])) == [
        "12:01:05 · ↗ +15557777 · 102 · 1:05",
        "12:00:00 · ↙ +15551234 · 101 · 1:05",
    ]
    # Begun on 1 May, by the local clock.
    assert list(await browser.open(months["2026-05"])) == ["2026-05-01"]


async def test_an_empty_archive(
    hass: HomeAssistant, imagicle: MockConfigEntry, browser: MediaBrowser
) -> None:
    """A recorder without recordings has no months."""
    await set_archive_up(hass)
    assert await browser.open(RECORDER) == {}


async def set_archive_up(hass: HomeAssistant) -> None:
    """Let the archive's first poll happen."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_numbers_are_masked(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    browser: MediaBrowser,
) -> None:
    """The option hides the numbers of remote parties here too."""
    record(office, freezer)
    await set_up(hass, make_entry(hass, imagicle_data, options={"mask_numbers": True}))
    titles = await browser.open(f"{RECORDER}/all/2026-06/10")
    assert list(titles) == ["12:00:00 · ↙ ••••••234 · 101 · 1:05"]
    assert await browser.search(RECORDER, "+15551234") == [
        "2026-06-10 12:00:00 · ↙ ••••••234 · 101 · 1:05"
    ]


async def test_lines_have_folders(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    browser: MediaBrowser,
) -> None:
    """Where there are lines, each has a folder of its own."""
    record(office, freezer)
    record(office, freezer, "102")
    lines = add_lines(
        Reception={"directory_number": "101"},
        Boss={"username": office.line("102").username},
        Door={"device_name": "SEP1"},
    )
    await set_up(hass, make_entry(hass, imagicle_data, subentries_data=lines))
    folders = await browser.open(RECORDER)
    assert list(folders) == ["All recordings", "Reception", "Boss"]
    for name, shown in (("All recordings", 2), ("Reception", 1), ("Boss", 1)):
        months = await browser.open(folders[name])
        assert list(months) == ["2026-06"]
        days = await browser.open(months["2026-06"])
        assert len(await browser.open(days["2026-06-10"])) == shown


async def test_search_in_a_line(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    browser: MediaBrowser,
) -> None:
    """In a line's folder only its own recordings are found."""
    record(office, freezer)
    record(office, freezer, "102")
    lines = add_lines(Reception={"directory_number": "101"})
    await set_up(hass, make_entry(hass, imagicle_data, subentries_data=lines))
    line = (await browser.open(RECORDER))["Reception"]
    assert len(await browser.search(RECORDER, "555-1234")) == 2
    assert len(await browser.search(line, "555-1234")) == 1
    assert len(await browser.search(line, "102")) == 0


async def test_a_day_comes_in_pages(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
) -> None:
    """Behind each page is the next one; nothing comes twice, nothing is left out."""
    for _ in range(230):
        record(office, freezer)
    place, sizes = f"{RECORDER}/all/2026-06/10", []
    seen: set[str] = set()
    while place:
        children = await browser.open(place)
        place = children.pop("More", "")
        sizes.append(len(children))
        seen.update(children.values())
    assert sizes == [100, 100, 30]
    assert len(seen) == 230


@pytest.mark.parametrize("size", [1_000, 1_000_000])
async def test_a_large_archive_costs_no_more(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    simulator: Simulator,
    office: Office,
    browser: MediaBrowser,
    size: int,
) -> None:
    """Opening a folder costs one or two requests, whatever is behind it."""
    office.archive.__init__(office.seed, size, office.now, office.lines)  # type: ignore[misc]
    await set_up(hass, make_entry(hass, imagicle_data))
    requests = simulator.imagicle.requests
    months = await opened_with(browser, requests, RECORDER, 2)
    days = await opened_with(browser, requests, months["2026-06"], 1)
    await opened_with(browser, requests, days["2026-06-08"], 1)
    assert len(months) == (13 if size > 1_000 else 1)
    if "Earlier" in months:
        earlier = await opened_with(browser, requests, months["Earlier"], 2)
        assert next(iter(earlier)) == "2025-06"


async def opened_with(
    browser: MediaBrowser, requests: list[Any], place: str, at_most: int
) -> dict[str, str]:
    """Open a folder, with so many requests to the archive at most."""
    requests.clear()
    children = await browser.open(place)
    assert len([req for req in requests if "Live" not in req.path]) <= at_most
    return children


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7777", ["102"]),
        ("+1 555-7777", ["102"]),
        ("101", ["101"]),
        ("2026-06-10", ["102", "101"]),
        ("2026-06", ["102", "101"]),
        ("2026-06-09", []),
        ("2026-13", []),
        ("Nobody", []),
        (" ", []),
    ],
)
async def test_search(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
    text: str,
    found: list[str],
) -> None:
    """A recording is found by its number or date."""
    record(office, freezer)
    record(office, freezer, "102", remote="+15557777")
    titles = await browser.search(RECORDER, text)
    assert [title.split(" · ")[2] for title in titles] == found
    assert await browser.search(ROOT, text) == titles


async def test_search_by_name_and_reference(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
) -> None:
    """A recording is found by its user and by its reference number."""
    record(office, freezer)
    record(office, freezer, "102")
    username = office.line("102").username
    assert len(await browser.search(RECORDER, username.upper())) == 1
    assert len(await browser.search(RECORDER, "2026200000001")) == 1
    assert len(await browser.search(f"{RECORDER}/all/2026-06/10", username)) == 1
    assert await browser.search(f"{RECORDER}/all/2026-05", username) == []


async def test_playing_resolves_to_a_signed_path(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
) -> None:
    """The path is Home Assistant's own, signed, and says nothing of the recorder."""
    record(office, freezer)
    (place,) = (await browser.open(f"{RECORDER}/all/2026-06/10")).values()
    answer = await browser.ask("resolve_media", place)
    assert answer["result"]["mime_type"] == "audio/mpeg"
    url = answer["result"]["url"]
    assert url.startswith("/api/call_recorder/recording/01IMAGICLE/")
    assert "authSig=" in url
    assert simulator.imagicle.id_of(office.archive[0]) not in url
    assert simulator.imagicle.audit_events == []


@pytest.mark.parametrize(
    "place",
    [
        "01IMAGICLE/recording/%",
        "01IMAGICLE/recording/",
        "01IMAGICLE/all/2026-06",
        "01IMAGICLE/recording/bm8tZ3VpZA",
        "NOWHERE/recording/bm8tZ3VpZA",
    ],
)
async def test_what_cannot_be_played(
    hass: HomeAssistant, imagicle: MockConfigEntry, browser: MediaBrowser, place: str
) -> None:
    """An identifier that is no recording is refused with a reason."""
    answer = await browser.ask("resolve_media", f"{ROOT}/{place}")
    assert answer["error"]["code"] == "resolve_media_failed"
    assert answer["error"]["message"]


@pytest.mark.parametrize(
    "place",
    [
        "NOWHERE",
        "01IMAGICLE/no-line",
        "01IMAGICLE/all/2026-13",
        "01IMAGICLE/all/2026-06/31",
        "01IMAGICLE/all/until/soon",
        "01IMAGICLE/all/until",
        "01IMAGICLE/all/until/0001-06",
        "01IMAGICLE/all/9999-12",
        "01IMAGICLE/all/2026-06/10/Y3Vyc29y",
    ],
)
async def test_what_cannot_be_opened(
    hass: HomeAssistant, imagicle: MockConfigEntry, browser: MediaBrowser, place: str
) -> None:
    """An identifier that is no folder is refused with a reason."""
    answer = await browser.ask("browse_media", f"{ROOT}/{place}")
    assert answer["error"]["code"] == "browse_media_failed"
    assert answer["error"]["message"]


async def test_a_recorder_that_fails(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
) -> None:
    """The media browser says what the recorder failed at."""
    simulator.imagicle.faults.add(Fault("status", path="/Recordings", status=500))
    for what, more in (
        ("browse_media", {}),
        ("search_media", {"search_query": "1234"}),
    ):
        answer = await browser.ask(what, f"{RECORDER}/all/2026-06", **more)
        assert answer["error"]["message"] == "Failed to connect to the recorder"
