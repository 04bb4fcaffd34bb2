"""Makes the pictures of the README and the documentation from the demo."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

from playwright.async_api import Browser, Page, async_playwright

from .furnishing import furnish, start_calls, stay_offline
from .home_assistant import HomeAssistant
from .processes import ROOT, free_port
from .simulator import Simulator

_IMAGES: Final = ROOT / "docs" / "images"
_PATIENCE: Final = 60_000
"""Milliseconds until a call that is not recorded is reported, and more."""


async def make_screenshots(folder: Path) -> None:
    """Run the demo for some minutes, and look at it."""
    home_assistant = HomeAssistant(folder, free_port())
    simulator = Simulator(folder / "simulator.log", any_ports=True)
    async with simulator, home_assistant, async_playwright() as playwright:
        await stay_offline(home_assistant)
        await furnish(home_assistant, simulator)
        await start_calls(home_assistant, simulator)
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        url = home_assistant.url
        async with _page(browser, url, width=1600, height=1000) as page:
            await page.goto("/call-recorder/now")
            await _wait_for_alert(page)
            await page.screenshot(path=_IMAGES / "dashboard.png")
        async with _page(browser, url, width=1600, height=1000, dark=True) as page:
            await page.goto("/call-recorder/now")
            await _wait_for_alert(page)
            await page.screenshot(path=_IMAGES / "wallboard-dark.png")
        async with _page(browser, url, width=420, height=1400) as page:
            await page.goto("/call-recorder-entities/card")
            await _wait_for_alert(page)
            play = page.get_by_role("button", name="Play the recording")
            await play.nth(2).click()
            await (
                page.get_by_role("group", name="Player")
                .get_by_role("button", name="Forward")
                .click()
            )
            await page.locator("call-recorder-card").screenshot(
                path=_IMAGES / "card.png"
            )
        async with _page(browser, url, width=1280, height=800) as page:
            await _listen(page, home_assistant)
            await page.screenshot(path=_IMAGES / "listening.png")
        async with _page(browser, url, width=1280, height=640) as page:
            await page.goto("/logbook")
            await page.locator("ha-logbook-entry").nth(8).wait_for()
            await page.wait_for_timeout(2000)
            await page.screenshot(path=_IMAGES / "activity.png")
        await browser.close()


@asynccontextmanager
async def _page(
    browser: Browser,
    url: str,
    *,
    width: int,
    height: int,
    dark: bool = False,
) -> AsyncGenerator[Page]:
    """Open a page that is signed in."""
    context = await browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Rome",
    )
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE)
    await page.goto("/")
    await page.wait_for_function("localStorage.hassTokens")
    yield page
    await context.close()


async def _wait_for_alert(page: Page) -> None:
    """Wait until a call is paused and another one is missing."""
    await page.locator("li.paused").first.wait_for()
    await page.locator("li.not-recorded").first.wait_for()
    # Graphs and pictures come a moment later.
    await page.wait_for_timeout(2000)


async def _listen(page: Page, home_assistant: HomeAssistant) -> None:
    """Open today in the media browser, and play a recording."""
    # The Imagicle, all lines, the month, the day: always the first in its folder.
    folder = {"media_content_id": "media-source://call_recorder"}
    path = "/media-browser/browser"
    for _ in range(4):
        opened = await home_assistant.command(
            type="media_source/browse_media",
            media_content_id=folder["media_content_id"],
        )
        folder = opened["children"][0]
        step = f"{folder['media_content_type']},{folder['media_content_id']}"
        path += "/" + quote(step, safe="")
    await page.goto(path)
    rows = page.locator("ha-media-player-browse").get_by_text("·")
    await rows.locator("visible=true").nth(2).click()
    await page.wait_for_timeout(4000)


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        asyncio.run(make_screenshots(Path(name)))
    sys.exit()
