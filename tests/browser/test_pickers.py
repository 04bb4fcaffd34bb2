"""Where people find the card and the wallboard: Home Assistant's own pickers and editors."""

from playwright.async_api import expect

from .conftest import OpenPage


async def test_card_picker_and_editor(open_page: OpenPage) -> None:
    """The card is found by its name, shows itself, and is set up in a form."""
    # The previews of Home Assistant's own cards ask for what is not set up here.
    page = await open_page("/one-card/0?edit=1", has_own_errors=True)
    await page.get_by_role("button", name="Add card").first.click()
    await page.get_by_role("tab", name="By card").click()
    await page.get_by_placeholder("Search cards").fill("Call Rec")
    picker = page.locator("hui-card-picker")
    await expect(picker.locator("call-recorder-card")).to_contain_text("Lines")
    # A layer that takes the clicks lies over the preview.
    await picker.locator(".card-header", has_text="Call Recorder").click(force=True)

    editor = page.locator("hui-dialog-edit-card")
    for label in ("Title", "Lines", "Counts", "Latest recordings"):
        await expect(editor.get_by_text(label, exact=True).first).to_be_visible()
    await expect(editor.get_by_text("Recorder to show.")).to_be_visible()
    preview = editor.locator("call-recorder-card")
    await expect(preview.get_by_role("heading", name="Lines")).to_be_visible()
    await editor.get_by_text("Lines, with a button to start recording").click()
    await expect(preview.get_by_role("heading", name="Lines")).to_have_count(0)
    await editor.get_by_role("textbox", name="Title").fill("Who is recorded?")
    await expect(preview.get_by_text("Who is recorded?")).to_be_visible()


async def test_suggested_for_our_entities(open_page: OpenPage) -> None:
    """Who picks an entity of a line is offered the card for that line."""
    page = await open_page("/one-card/0?edit=1")
    await page.get_by_role("button", name="Add card").first.click()
    search = page.get_by_placeholder("Search entities")
    await search.fill("Reception")
    await page.get_by_text("Active duration").first.click()
    card = page.locator("call-recorder-card", has_text="Reception").last
    await expect(card.get_by_role("heading", name="Reception")).to_be_visible()
    await expect(card.locator("ul.lines > li")).to_have_count(1)


async def test_wallboard_in_the_dashboard_picker(open_page: OpenPage) -> None:
    """The wallboard is among the dashboards of the community."""
    page = await open_page("/config/lovelace/dashboards")
    await page.get_by_role("button", name="Add dashboard").click()
    await expect(page.get_by_text("Call Recorder wallboard")).to_be_visible()


async def test_wallboard(open_page: OpenPage) -> None:
    """The wallboard has what goes on, the lines, the last recordings and the day."""
    page = await open_page("/wall-board/now", width=1920, height=1080)
    for heading in ("Being recorded", "Lines", "Latest recordings", "Today"):
        await expect(page.get_by_text(heading, exact=True).first).to_be_visible()
    await expect(page.locator("hui-tile-card")).to_have_count(2)
    await expect(page.locator("hui-statistics-graph-card")).to_be_visible()
