"""What the card shows of every state that a recorder can be in: each is put before it."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
import json
from pathlib import Path
import re
from typing import Any

from playwright.async_api import Page, WebSocketRoute, expect

from .conftest import OpenPage, play_button
from .looks import require_accessible, show_sizes

LONG = "Bartholomäus von und zu Hohenlohe-Waldenburg-Schillingsfürst (Einkauf international)"
RECORDING = ".counts dt:text-is('Recording')"

type Snapshot = dict[str, Any]


class Feed:
    """Stands between a page and Home Assistant, and sends the card what a test wants."""

    def __init__(self) -> None:
        """Wait for the first snapshot."""
        self._route: WebSocketRoute | None = None
        self._first: dict[str, Any] = {}
        """The message with the first snapshot."""
        self.asked: list[str] = []
        """The types of what the page has asked for."""

    async def prepare(self, page: Page) -> None:
        """Stand before a page's websocket."""
        await page.route_web_socket(re.compile("/api/websocket"), self._handle)

    async def _handle(self, route: WebSocketRoute) -> None:
        self._route = route
        server = route.connect_to_server()

        def from_page(text: str | bytes) -> None:
            found = json.loads(text)
            asked = found if isinstance(found, list) else [found]
            self.asked += [message["type"] for message in asked]
            server.send(text)

        route.on_message(from_page)
        server.on_message(self._pass_on)

    def _pass_on(self, text: str | bytes) -> None:
        assert self._route is not None
        found = json.loads(text)
        for message in found if isinstance(found, list) else [found]:
            event = message.get("event")
            if isinstance(event, dict) and event.get("type") == "snapshot":
                self._first = message
        self._route.send(text)

    def show(self, change: Callable[[Snapshot], None]) -> None:
        """Send a snapshot that was changed: a card takes any for the truth."""
        assert self._route is not None
        message = deepcopy(self._first)
        change(message["event"])
        self._route.send(json.dumps(message))


def no_recorder(snapshot: Snapshot) -> None:
    """Take the recorder away."""
    snapshot["recorders"] = []


def unavailable(snapshot: Snapshot) -> None:
    """Let the recorder not answer while two calls are being recorded."""
    active(snapshot, 2)
    snapshot["recorders"][0]["available"] = False


def not_yet_known(snapshot: Snapshot) -> None:
    """Let the recorder not have reported anything."""
    snapshot["recorders"][0] |= {"active": None, "recent": None, "today": None}


def no_recordings(snapshot: Snapshot) -> None:
    """Let nothing be recorded, now or ever."""
    snapshot["recorders"][0] |= {"active": [], "recent": [], "today": 0}


def active(snapshot: Snapshot, count: int = 200, name: str | None = None) -> None:
    """Let many calls be recorded, of which some are paused."""
    (recorder,) = snapshot["recorders"]
    lines, now = recorder["lines"], datetime.fromisoformat(snapshot["now"])
    recorder["active"] = [
        {
            "id": f"recording-{number}",
            "lines": [lines[number % len(lines)]["id"]],
            "started_at": (now - timedelta(seconds=37 * number)).isoformat(),
            "is_paused": number % 9 == 4,
            "direction": ("incoming", "outgoing", "internal", None)[number % 4],
            "local": {"name": "anna.rossi", "number": "101"},
            "remote": {"name": name, "number": f"+3905512345{number:03}"},
        }
        for number in range(count)
    ]


def too_many(snapshot: Snapshot) -> None:
    """Let more calls be recorded than the card lists, or is sent."""
    active(snapshot, 2_000)
    snapshot["recorders"][0]["unlisted"] = 1_000


def newer(snapshot: Snapshot) -> None:
    """Let twenty newer recordings have taken the place of those before."""
    (recorder,) = snapshot["recorders"]
    row = recorder["recent"][0] | {"started_at": snapshot["now"]}
    recorder["recent"] = [
        row | {"id": f"newer-{number}", "media_content_id": f"newer-{number}"}
        for number in range(20)
    ]


def long_names(snapshot: Snapshot) -> None:
    """Let everybody and everything have a very long name."""
    active(snapshot, 5, LONG)
    (recorder,) = snapshot["recorders"]
    recorder["name"] = LONG
    for line in recorder["lines"]:
        line["name"] = LONG.replace(" ", "")
    for recording in recorder["recent"]:
        recording["remote"]["name"] = LONG


def twenty_lines(snapshot: Snapshot) -> None:
    """Let there be twenty lines, with one that is not recorded."""
    (recorder,) = snapshot["recorders"]
    recorder["lines"] = [
        {**recorder["lines"][0], "id": f"line-{number}", "name": f"Line {number}"}
        for number in range(20)
    ]
    recorder["lines"][3]["not_recorded"] = True
    active(snapshot, 5)


STATES: tuple[tuple[Callable[[Snapshot], None], str, int, int, int], ...] = (
    (no_recorder, "No recorder is set up.", 0, 0, 0),
    (unavailable, "Imagicle does not answer.", 0, 0, 3),
    (not_yet_known, "What Imagicle records is not known yet.", 0, 0, 3),
    (no_recordings, "There are no recordings yet.", 1, 0, 3),
    (active, "+3905512345199", 1, 200, 3),
    (too_many, "And 2,800 more.", 1, 200, 3),
    (long_names, LONG, 1, 5, 3),
    (twenty_lines, "Line 19", 1, 5, 20),
)
"""What is put before the card; a text that it then shows; how many counts of recordings
it has, rows of active recordings, and lines."""


async def test_every_state(open_page: OpenPage, axe: str, tmp_path: Path) -> None:
    """It says what is known and counts nothing else; it fits at any size, for anybody."""
    feed = Feed()
    page = await open_page("/one-card/0", is_new_browser=True, prepare=feed.prepare)
    card = page.locator("call-recorder-card")
    await expect(card.locator("ul.lines > li")).to_have_count(3)
    for change, text, counts, rows, lines in STATES:
        feed.show(change)
        await expect(card.get_by_text(text).first).to_be_attached()
        await expect(card.locator(RECORDING)).to_have_count(counts)
        stop = card.get_by_role("button", name="Stop the recording of")
        await expect(stop).to_have_count(rows)
        await expect(card.locator("ul.lines > li")).to_have_count(lines)
        pictures = tmp_path / change.__name__
        pictures.mkdir()
        await show_sizes(page, pictures)
        await require_accessible(page, axe)


async def test_what_is_played_stays(open_page: OpenPage) -> None:
    """Newer recordings do not take away the one that somebody listens to."""
    feed = Feed()
    page = await open_page("/one-card/0", is_new_browser=True, prepare=feed.prepare)
    await play_button(page).click()
    audio = page.locator("call-recorder-player audio")
    await expect(audio).to_be_attached()
    plays = page.get_by_role("button", name="Play the recording of")
    await expect(plays).to_have_count(9)
    feed.show(newer)
    await expect(plays).to_have_count(10)
    await expect(audio).to_be_attached()
    await page.get_by_role("button", name="Close the player").click()
    await expect(audio).to_have_count(0)
    # It was not begun anew either, wherever it is in the list.
    assert feed.asked.count("media_source/resolve_media") == 1


async def test_focus_after_a_question(open_page: OpenPage) -> None:
    """Who goes on recording is back at the button that asked, by keyboard too."""
    feed = Feed()
    page = await open_page("/one-card/0", is_new_browser=True, prepare=feed.prepare)
    card = page.locator("call-recorder-card")
    await expect(card.locator("ul.lines > li")).to_have_count(3)
    feed.show(active)
    stop = card.get_by_role("button", name="Stop the recording of").first
    await stop.press("Enter")
    await card.get_by_role("button", name="Keep recording").press("Enter")
    await expect(stop).to_be_focused()
