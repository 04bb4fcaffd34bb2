"""What the activity log of the real frontend shows of our events."""

from playwright.async_api import expect

from .conftest import House, OpenPage


async def test_a_row_names_the_line(quiet_office: House, open_page: OpenPage) -> None:
    """A recording that starts is one sentence, at once and from the database."""
    page = await open_page("/logbook")
    await expect(page.get_by_text("Today").first).to_be_visible()
    await quiet_office.connect("102", remote="+390551234298")
    row = page.get_by_text("recording started, •••298").first
    await expect(row).to_be_visible()
    await expect(row).to_contain_text("Sales")
    await page.reload()
    await expect(row).to_be_visible()
