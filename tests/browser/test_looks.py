"""How the card looks and reads: in the dark, from right to left, small, large, and to a screen reader."""

from collections.abc import AsyncGenerator
from pathlib import Path

from playwright.async_api import Page, expect
import pytest

from .conftest import House, OpenPage, play_button
from .looks import require_no_overflow, show_sizes

PAGES = ("/one-card/0", "/whole-page/0", "/wall-board/now")


@pytest.fixture(scope="module", autouse=True)
async def busy_office(house: House) -> AsyncGenerator[None]:
    """Let two calls be recorded, one of them paused."""
    await house.connect("101", "102", remote="+390551234567")
    answer = await house.home_assistant.post(
        "/api/services/call_recorder/get_active_recordings?return_response", {}
    )
    recording = answer["service_response"]["recordings"][0]
    await house.home_assistant.post(
        "/api/services/call_recorder/pause_recording",
        {"recording_id": recording["id"]},
    )
    yield
    await house.simulator.hang_up("imagicle")
    await house.poll()


async def set_language(house: House, language: str) -> None:
    """Let the frontend speak the user's language."""
    await house.home_assistant.command(
        type="frontend/set_user_data",
        key="language",
        value={
            "language": language,
            "number_format": "language",
            "time_format": "language",
        },
    )


async def show(page: Page) -> None:
    """Wait until everything is drawn, and open what can be opened."""
    await expect(page.locator("li.paused").first).to_be_visible()
    await play_button(page).click()
    await expect(page.locator("call-recorder-player audio")).to_be_attached()
    await (
        page.locator("call-recorder-player").get_by_role("button", name="Pause").click()
    )


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_sizes(
    open_page: OpenPage, axe: str, tmp_path: Path, path: str, scheme: str
) -> None:
    """Nothing is cut off, and axe finds nothing, at any size, by day and night."""
    page = await open_page(path, scheme=scheme)
    await show(page)
    await show_sizes(page, tmp_path, axe)


async def test_right_to_left(
    house: House, open_page: OpenPage, axe: str, tmp_path: Path
) -> None:
    """In Hebrew everything is the other way round, but numbers are not."""
    await set_language(house, "he")
    try:
        page = await open_page("/one-card/0", is_new_browser=True)
        await expect(page.locator("html")).to_have_attribute("dir", "rtl")
        await show(page)
        name = await page.locator("li.paused .primary").first.bounding_box()
        clock = await page.locator("li.paused time.clock").first.bounding_box()
        assert name is not None
        assert clock is not None
        assert clock["x"] < name["x"]
        await show_sizes(page, tmp_path, axe)
    finally:
        await set_language(house, "en")


@pytest.mark.parametrize(
    ("language", "heading"), [("it", "Ultime registrazioni"), ("zh-Hans", "最近的录音")]
)
@pytest.mark.parametrize("path", PAGES)
async def test_languages(
    house: House,
    open_page: OpenPage,
    tmp_path: Path,
    path: str,
    language: str,
    heading: str,
) -> None:
    """Card and wallboard speak the user's language, and nothing is cut off on a phone."""
    await set_language(house, language)
    try:
        page = await open_page(path, width=320, is_new_browser=True)
        await expect(page.get_by_text(heading).first).to_be_visible()
        await page.screenshot(path=tmp_path / "page.png")
        assert not await page.get_by_text("Latest recordings").count()
        await require_no_overflow(page)
    finally:
        await set_language(house, "en")


async def test_by_keyboard_alone(open_page: OpenPage) -> None:
    """Every button of the card is reached with the Tab key."""
    page = await open_page("/one-card/0")
    await expect(page.locator("li.paused").first).to_be_visible()
    names: list[str] = []
    for _ in range(80):
        await page.keyboard.press("Tab")
        names.append(
            await page.evaluate(
                """() => {
                    let element = document.activeElement;
                    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
                    return element?.getAttribute("aria-label") ?? "";
                }"""
            )
        )
    assert "Resume the recording of Reception" in names
    assert "Pause the recording of Sales" in names
    assert "Stop the recording of Sales" in names
    assert "Record Support" in names
    assert any(name.startswith("Play the recording of") for name in names)
