"""The card at work: what it shows, what its buttons do, and how it recovers."""

import asyncio
import re
from typing import Any

from playwright.async_api import Page, WebSocketRoute, expect
import pytest

from scripts.demo_ha.processes import wait_for

from .conftest import CARD, RECORDING, House, OpenPage, play_button

CLOCK = re.compile(r"^\d+:\d\d$")
_KEEP_NOTICES = """card => {
    window.notices = [];
    new MutationObserver(() => {
        const notice = card.shadowRoot.querySelector(".notice span");
        if (notice) window.notices.push(notice.textContent);
    }).observe(card.shadowRoot, {childList: true, subtree: true, characterData: true});
}"""
"""Keeps in the page what the card has told."""


async def test_nothing_is_recorded(open_page: OpenPage) -> None:
    """The lines are there without a recording, and so are the latest recordings."""
    page = await open_page("/one-card/0")
    card = page.locator("call-recorder-card")
    await expect(card.get_by_text("No call is being recorded.")).to_be_visible()
    lines = card.locator("ul.lines > li")
    await expect(lines).to_have_count(3)
    await expect(lines.first).to_contain_text("Reception")
    await expect(lines.first).to_contain_text("No recording")
    await expect(card.get_by_role("button", name="Play the recording")).to_have_count(
        10
    )


async def test_the_clock_runs(quiet_office: House, open_page: OpenPage) -> None:
    """A recording appears by itself, and its clock moves without the server."""
    page = await open_page("/one-card/0")
    await expect(page.get_by_text("No call is being recorded.")).to_be_visible()
    await quiet_office.connect("102", remote="+390551234567")
    row = page.locator("ul.rows > li.recording")
    await expect(row).to_contain_text("Sales")
    await expect(row).to_contain_text("+390551234567")
    clock = row.locator("time.clock")
    await expect(clock).to_have_text(CLOCK)
    shown = await clock.inner_text()
    await expect(clock).not_to_have_text(shown)


async def test_start_and_its_refusal(quiet_office: House, open_page: OpenPage) -> None:
    """A refusal is the action's own sentence; a call is recorded at a press."""
    page = await open_page("/one-card/0")
    start = page.get_by_role("button", name="Record Support")
    await start.click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("There is no connected call on this line")
    await expect(alert).not_to_contain_text("Validation error")
    await page.get_by_role("button", name="Dismiss").click()
    await expect(alert).to_have_count(0)

    await quiet_office.simulator.connect("imagicle", "103")
    await page.locator("call-recorder-card").evaluate(_KEEP_NOTICES)
    await start.click()
    # A success is told for some seconds only: too short for a busy machine to look.
    await page.wait_for_function(
        "window.notices.includes('Support: recording has started.')"
    )
    line = page.locator("ul.lines > li", has_text="Support")
    await expect(line).to_have_class("recording")
    await expect(line.locator("time.clock")).to_have_text(CLOCK)


async def test_pause_resume_stop(quiet_office: House, open_page: OpenPage) -> None:
    """A recording is paused, resumed, and stopped only after a question."""
    await quiet_office.connect("101")
    page = await open_page("/one-card/0")
    pause = page.get_by_role("button", name="Pause the recording of Reception")
    await pause.click()
    resume = page.get_by_role("button", name="Resume the recording of Reception")
    await expect(resume).to_be_visible()
    await expect(page.locator("ul.rows > li.paused")).to_contain_text("Paused")
    await expect(page.locator("ul.lines > li.paused")).to_contain_text("Reception")
    await resume.click()
    await expect(pause).to_be_visible()

    stop = page.get_by_role("button", name="Stop the recording of Reception")
    await stop.click()
    await page.get_by_role("button", name="Keep recording").click()
    await expect(page.get_by_text("Stop recording?")).to_have_count(0)
    await stop.click()
    await page.get_by_role("button", name="Stop", exact=True).click()
    await expect(page.get_by_text("No call is being recorded.")).to_be_visible()


async def test_play_and_seek(house: House, open_page: OpenPage) -> None:
    """A recording is played, faster, from another position, and closed."""
    page = await open_page("/one-card/0")
    await play_button(page).click()
    player = page.get_by_role("group", name="Player")
    await expect(player.get_by_role("button", name="Pause")).to_be_visible()
    audio = player.locator("audio")
    await expect_audio(page, "audio => audio.currentTime > 0.2")
    await player.get_by_role("button", name="Forward 10 seconds").click()
    await expect_audio(page, "audio => audio.currentTime > 10")
    await player.get_by_role("button", name="Pause").click()
    await player.get_by_role("slider", name="Position").press("Home")
    await expect_audio(page, "audio => audio.currentTime === 0")
    await player.get_by_role("button", name="Speed 1").click()
    await expect(player.get_by_role("button", name="Speed 1.5")).to_be_visible()
    await player.get_by_role("button", name="Play", exact=True).click()
    await expect_audio(page, "audio => audio.playbackRate === 1.5 && !audio.paused")
    source = await audio.get_attribute("src")
    assert source is not None
    assert source.startswith("/api/call_recorder/")
    await page.get_by_role("button", name="Close the player").click()
    await expect(player).to_have_count(0)


async def expect_audio(page: Page, condition: str) -> None:
    """Wait until something holds for the page's only player."""
    await page.wait_for_function(
        f"""() => {{
            const find = root => root.querySelector("audio") ??
                [...root.querySelectorAll("*")].map(e => e.shadowRoot && find(e.shadowRoot)).find(Boolean);
            const audio = find(document);
            return audio && ({condition})(audio);
        }}"""
    )


async def test_only_one_is_played(open_page: OpenPage) -> None:
    """A second recording takes the first one's place."""
    page = await open_page("/one-card/0")
    await play_button(page).click()
    await play_button(page).click()
    await expect(page.get_by_role("group", name="Player")).to_have_count(1)


class SlowIntegration:
    """Refuses the card's first two subscriptions after a restart.

    Home Assistant does so until the integration is set up.
    """

    def __init__(self) -> None:
        """Refuse nothing yet."""
        self.is_restarted = False
        self.refused_twice = asyncio.Event()
        self._refusals = 0

    async def prepare(self, page: Page) -> None:
        """Stand between a page and Home Assistant."""
        await page.route_web_socket(re.compile("/api/websocket"), self._connect)

    async def _connect(self, route: WebSocketRoute) -> None:
        """Pass on what the page sends."""
        server = route.connect_to_server()

        def from_page(message: str | bytes) -> None:
            text = str(message)
            is_early = self.is_restarted and self._refusals < 2
            if is_early and "call_recorder/subscribe" in text:
                self._refuse(route, text)
            else:
                server.send(message)

        route.on_message(from_page)

    def _refuse(self, route: WebSocketRoute, text: str) -> None:
        """Refuse a subscription as a command that does not exist."""
        self._refusals += 1
        if self._refusals == 2:
            self.refused_twice.set()
        number = re.search(r'"id":(\d+)', text)
        assert number is not None
        route.send(
            f'{{"id":{number[1]},"type":"result","success":false,'
            '"error":{"code":"unknown_command","message":"Unknown command."}}'
        )


async def test_restart(quiet_office: House, open_page: OpenPage) -> None:
    """After a restart the card comes back, also when the integration is slow."""
    integration = SlowIntegration()
    page = await open_page(
        "/one-card/0",
        is_new_browser=True,
        prepare=integration.prepare,
        has_own_errors=True,
    )
    await expect(page.get_by_text("No call is being recorded.")).to_be_visible()
    integration.is_restarted = True
    await quiet_office.home_assistant.post("/api/services/homeassistant/restart", {})
    await integration.refused_twice.wait()
    await quiet_office.connect("101")

    async def is_seen() -> bool:
        await quiet_office.poll()
        states = await quiet_office.home_assistant.get("/api/states")
        return any(
            (state["entity_id"], state["state"]) == (RECORDING, "on")
            for state in states
        )

    # Home Assistant sets the recorder up a moment after the page has come back.
    await wait_for(is_seen)
    row = page.locator("ul.rows > li.recording")
    await expect(row).to_contain_text("Reception")


async def test_lost_connection(quiet_office: House, open_page: OpenPage) -> None:
    """After the network was gone, the card shows what has happened meanwhile."""
    routes: list[WebSocketRoute] = []

    async def prepare(page: Page) -> None:
        def handle(route: WebSocketRoute) -> None:
            routes.append(route)
            route.connect_to_server()

        await page.route_web_socket(re.compile("/api/websocket"), handle)

    page = await open_page(
        "/one-card/0", is_new_browser=True, prepare=prepare, has_own_errors=True
    )
    await expect(page.get_by_text("No call is being recorded.")).to_be_visible()
    await routes[0].close()
    await quiet_office.connect("101")
    await expect(page.locator("ul.rows > li.recording")).to_contain_text("Reception")
    assert len(routes) > 1


async def test_reload_of_the_recorder(quiet_office: House, open_page: OpenPage) -> None:
    """A recorder that is reloaded is followed on, and is no outage."""
    page = await open_page("/one-card/0")
    await expect(page.get_by_text("No call is being recorded.")).to_be_visible()
    await quiet_office.home_assistant.post(
        f"/api/config/config_entries/entry/{quiet_office.config_entry}/reload", {}
    )
    await quiet_office.connect("102")
    await expect(page.locator("ul.rows > li.recording")).to_contain_text("Sales")
    await expect(page.get_by_text("does not answer")).to_have_count(0)


async def test_some_lines(quiet_office: House, open_page: OpenPage) -> None:
    """A card for one line shows nothing of the others."""
    home_assistant = quiet_office.home_assistant
    devices = await home_assistant.command(type="config/device_registry/list")
    (sales,) = (device["id"] for device in devices if device["name"] == "Sales")
    card = {"type": CARD, "lines": [sales]}
    await home_assistant.command(
        type="lovelace/config/save",
        url_path="one-line",
        config={"views": [{"cards": [card]}]},
    )
    await quiet_office.connect("101", "102")
    page = await open_page("/one-line/0")
    await expect(page.get_by_role("heading", name="Sales")).to_be_visible()
    rows = page.locator("ul.rows > li.recording")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Sales")
    await expect(page.locator("ul.lines > li")).to_have_count(1)
    await expect(page.locator(".counts .recording dd")).to_have_text("1")


async def test_recorder_that_does_not_answer(
    quiet_office: House, open_page: OpenPage
) -> None:
    """An outage is shown as one, not as an idle office."""
    page = await open_page("/one-card/0")
    await expect(page.get_by_text("No call is being recorded.")).to_be_visible()
    await quiet_office.simulator.add_fault(
        "imagicle", kind="status", status=503, times=1000
    )
    await page.get_by_role("button", name="Record Support").click()
    # One failed poll is tolerated.
    for _ in range(2):
        await quiet_office.poll()
    await expect(page.get_by_text("Imagicle does not answer.")).to_be_visible()
    await expect(page.get_by_text("No call is being recorded.")).to_have_count(0)


@pytest.mark.parametrize("delayed", ["app", "call-recorder"])
@pytest.mark.parametrize("path", ["/one-card/0", "/wall-board/now"])
async def test_slow_start_of_the_page(
    open_page: OpenPage, path: str, delayed: str
) -> None:
    """Whatever is loaded first, the page or the module, the card is there in the end."""

    async def prepare(page: Page) -> None:
        async def wait(route: Any) -> None:
            await page.wait_for_timeout(2000)
            await route.continue_()

        await page.route(re.compile(rf"/{delayed}[^/]*\.js"), wait)

    page = await open_page(path, is_new_browser=True, prepare=prepare)
    await expect(
        page.locator("call-recorder-card").first.get_by_text("Recording", exact=True)
    ).to_be_visible()
