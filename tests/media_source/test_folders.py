"""The media browser finds a recording among a million, and says why one is silent."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from http import HTTPStatus
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.calls import Call
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.entries import set_up_recorder

ROOT = "media-source://call_recorder"
RECORDER = f"{ROOT}/01IMAGICLE"


class MediaBrowser:
    """A user in front of the media browser."""

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
    """Return a user in front of the media browser."""
    # Before the first client connects: no view can be added afterwards.
    assert await async_setup_component(hass, "call_recorder", {})
    assert await async_setup_component(hass, "media_source", {})
    client = await hass_ws_client(hass)
    yield MediaBrowser(client)
    await client.close()


@pytest.fixture(autouse=True)
async def _zone(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Start at noon of a summer's day."""
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
    assert list(months) == ["June 2026", "May 2026"]
    days = await browser.open(months["June 2026"])
    assert list(days) == ["Wednesday, June 10"]
    assert list(await browser.open(days["Wednesday, June 10"])) == [
        "12:01:05 · ↗ +15557777 · marco.bianchi · 1:05",
        "12:00:00 · ↙ +15551234 · anna.rossi · 1:05",
    ]
    # Started on 1 May, by the local clock.
    assert list(await browser.open(months["May 2026"])) == ["Friday, May 1"]


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
    await set_up_recorder(hass, imagicle_data, options={"mask_numbers": True})
    titles = await browser.open(f"{RECORDER}/all/2026-06/10")
    assert list(titles) == ["12:00:00 · ↙ ••••••234 · anna.rossi · 1:05"]
    assert await browser.search(RECORDER, "+15551234") == [
        "2026-06-10 12:00:00 · ↙ ••••••234 · anna.rossi · 1:05"
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
    await set_up_recorder(
        hass,
        imagicle_data,
        lines={
            "Reception": {"directory_number": "101"},
            "Boss": {"username": office.line("102").username},
            "Door": {"device_name": "SEP1"},
        },
    )
    folders = await browser.open(RECORDER)
    assert list(folders) == ["All recordings", "Reception", "Boss"]
    for name, shown in (("All recordings", 2), ("Reception", 1), ("Boss", 1)):
        months = await browser.open(folders[name])
        assert list(months) == ["June 2026"]
        days = await browser.open(months["June 2026"])
        assert len(await browser.open(days["Wednesday, June 10"])) == shown


async def test_a_line_without_a_folder_is_found_by_its_name(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    browser: MediaBrowser,
    hass_ws_client: WebSocketGenerator,
    pass_time: Poll,
) -> None:
    """The archive knows no devices, but what was seen running has its line's name."""
    door = office.line("101").device_name
    await set_up_recorder(hass, imagicle_data, lines={"Door": {"device_name": door}})
    call, other = office.connect("101"), office.connect("102")
    office.start_recording(call)
    office.start_recording(other)
    await pass_time(31)
    office.hang_up(call)
    office.hang_up(other)
    await pass_time(31, times=2)
    expected = ["2026-06-10 12:00:00 · ↙ +15551234 · Door · 0:31"]
    # A connection does not outlive a minute of leaps.
    client = await hass_ws_client(hass)
    assert await MediaBrowser(client).search(RECORDER, "door") == expected
    assert await MediaBrowser(client).search(RECORDER, "window") == []
    await client.close()


async def test_a_line_is_not_another_one_that_ends_like_it(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    browser: MediaBrowser,
) -> None:
    """Line 101 has neither the calls of 2101 nor those with a caller who ends in 101."""
    office.line("103").number = "2101"
    for _ in range(120):
        record(office, freezer, "2101")
        record(office, freezer, "102", remote="+15550101")
    record(office, freezer, "101")
    record(office, freezer, "102", remote="101", direction="internal")
    await set_up_recorder(
        hass, imagicle_data, lines={"Reception": {"directory_number": "1-01"}}
    )
    line = (await browser.open(RECORDER))["Reception"]
    own = await browser.open(f"{line}/2026-06/10")
    assert len(own) == 2
    assert len(await browser.search(line, "2026-06-10")) == 2
    assert len(await browser.search(line, "101")) == 2
    days = await browser.open(f"{line}/2026-06")
    assert list(days) == ["Wednesday, June 10"]


async def test_search_by_the_name_of_a_line(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    browser: MediaBrowser,
) -> None:
    """The user's own name of a line finds its recordings, and is in their titles."""
    record(office, freezer)
    record(office, freezer, "102")
    await set_up_recorder(
        hass,
        imagicle_data,
        lines={
            "Reception": {"directory_number": "101"},
            "Boss": {"directory_number": "102"},
        },
    )
    assert await browser.search(RECORDER, "recept") == [
        "2026-06-10 12:00:00 · ↙ +15551234 · Reception · 1:05"
    ]
    line = (await browser.open(RECORDER))["Boss"]
    assert await browser.search(line, "recept") == []


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
    await set_up_recorder(
        hass, imagicle_data, lines={"Reception": {"directory_number": "101"}}
    )
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


async def test_a_day_is_a_list(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
) -> None:
    """Also with a folder for the rest of the day: a grid would cut the titles."""
    for _ in range(101):
        record(office, freezer)
    answer = await browser.ask("browse_media", f"{RECORDER}/all/2026-06/10")
    assert answer["result"]["children_media_class"] == "music"


async def test_a_recording_without_length(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
) -> None:
    """A length of zero is a length, not an unknown one."""
    call = office.connect("101")
    office.start_recording(call)
    office.hang_up(call)
    (title,) = await browser.open(f"{RECORDER}/all/2026-06/10")
    assert title.endswith(" · 0:00")


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("4321", False),
        ("54321", False),
        ("7654321", False),
        ("57654321", True),
        ("+1 555 765 4321", True),
        ("101", True),
        ("anna", True),
    ],
)
async def test_a_masked_number_is_not_found_out_digit_by_digit(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    browser: MediaBrowser,
    text: str,
    is_found: bool,
) -> None:
    """A search needs at least the digits that are not shown."""
    record(office, freezer, remote="+15557654321")
    await set_up_recorder(hass, imagicle_data, options={"mask_numbers": True})
    found = await browser.search(RECORDER, text)
    assert bool(found) is is_found
    shown = [*found, *await browser.open(f"{RECORDER}/all/2026-06/10")]
    assert not any("7654" in title for title in shown)


async def test_a_name_that_is_a_number_is_masked(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    yeastar_data: dict[str, Any],
    browser: MediaBrowser,
) -> None:
    """Neither the title nor a search shows the digits."""
    record(office, freezer, remote="+15557654321", remote_name=("+1 555", "765 4321"))
    await set_up_recorder(hass, yeastar_data, options={"mask_numbers": True})
    place = f"{ROOT}/01YEASTAR"
    (title,) = await browser.open(f"{place}/all/2026-06/10")
    assert "321" in title
    assert "4321" not in title
    assert await browser.search(place, "5 4321") == []
    assert await browser.search(place, "555 765") == []


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
    await set_up_recorder(hass, imagicle_data)
    requests = simulator.imagicle.requests
    months = await opened_with(browser, requests, RECORDER, 2)
    days = await opened_with(browser, requests, months["June 2026"], 1)
    await opened_with(browser, requests, days["Monday, June 8"], 1)
    assert len(months) == (13 if size > 1_000 else 1)
    if "Earlier" in months:
        earlier = await opened_with(browser, requests, months["Earlier"], 2)
        assert next(iter(earlier)) == "June 2025"


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
    names = [office.line(number).username for number in found]
    assert [title.split(" · ")[2] for title in titles] == names
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


async def test_a_user_who_may_not_listen(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Folders, searches and addresses are for administrators, or for everyone."""
    record(office, freezer)
    (place,) = (await browser.open(f"{RECORDER}/all/2026-06/10")).values()
    client = await hass_ws_client(hass, hass_read_only_access_token)
    user = MediaBrowser(client)
    asked: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("browse_media", RECORDER, {}),
        ("search_media", RECORDER, {"search_query": "1234"}),
        ("resolve_media", place, {}),
    )
    for what, where, more in asked:
        answer = await user.ask(what, where, **more)
        assert answer["error"]["message"].startswith("Only administrators may")
    assert await user.open(ROOT) == {}
    assert await user.search(ROOT, "1234") == []

    hass.config_entries.async_update_entry(imagicle, options={"listening": "everyone"})
    for what, where, more in asked:
        assert (await user.ask(what, where, **more))["success"]
    assert await user.open(ROOT) == {"Imagicle": RECORDER}
    await client.close()


async def test_an_address_is_valid_for_a_short_time(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """A copied link works while the recording may be heard, and ten minutes more."""
    record(office, freezer)
    (place,) = (await browser.open(f"{RECORDER}/all/2026-06/10")).values()
    url = (await browser.ask("resolve_media", place))["result"]["url"]
    stranger = await hass_client_no_auth()
    freezer.tick(timedelta(seconds=65 + 590))
    assert (await stranger.get(url)).status == HTTPStatus.OK
    freezer.tick(timedelta(seconds=20))
    assert (await stranger.get(url)).status == HTTPStatus.UNAUTHORIZED


async def test_a_recording_of_a_century(
    office: Office,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    browser: MediaBrowser,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """No duration that a recorder invents makes a copied link work for long."""
    record(office, freezer)
    (place,) = (await browser.open(f"{RECORDER}/all/2026-06/10")).values()

    def lengthen(body: bytes) -> bytes:
        """Let the recording last for a hundred years."""
        return json.dumps({**json.loads(body), "duration": "P99Y"}).encode()

    fault = Fault("rewrite", path="/Recordings/", rewrite=lengthen, times=1)
    simulator.imagicle.faults.add(fault)
    url = (await browser.ask("resolve_media", place))["result"]["url"]
    assert not len(simulator.imagicle.faults)
    stranger = await hass_client_no_auth()
    freezer.tick(timedelta(days=1, minutes=9))
    assert (await stranger.get(url)).status == HTTPStatus.OK
    freezer.tick(timedelta(minutes=2))
    assert (await stranger.get(url)).status == HTTPStatus.UNAUTHORIZED


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


async def test_an_archive_before_all_time(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    imagicle_data: dict[str, Any],
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A recorder whose newest recording is of the year 2 has one folder, which opens."""
    record(office, freezer)

    def date_back(body: bytes) -> bytes:
        """Let all recordings start in the year 2."""
        answer = json.loads(body)
        for row in answer["recordings"]:
            row["startTime"] = "0002-01-01T00:00:00+14:00"
        return json.dumps(answer).encode()

    fault = Fault("rewrite", path="/Recordings", rewrite=date_back)
    simulator.imagicle.faults.add(fault)
    await set_up_recorder(hass, imagicle_data)
    assert await async_setup_component(hass, "media_source", {})
    browser = MediaBrowser(await hass_ws_client(hass))
    months = await browser.open(RECORDER)
    assert list(months) == ["January 1970"]
    assert await browser.open(months["January 1970"]) == {}


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
