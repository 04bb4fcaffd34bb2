"""A call on the real Asterisk, recorded by the action, and heard in the media browser."""

from array import array
import asyncio
from collections.abc import AsyncGenerator
import io
import re
from typing import Any, Final
import wave

from playwright.async_api import Page
import pytest

from scripts.demo_ha.furnishing import add_recorder
from scripts.demo_ha.home_assistant import HomeAssistant
from tests.real_asterisk.server import RealAsterisk
from tests.real_asterisk.servers import Servers
from tests.real_asterisk.tones import RATE, strength

from .conftest import House, OpenPage

_KEEP_PLAYERS: Final = """
window.players = [];
window.Audio = class extends window.Audio {
    constructor(url) { super(url); window.players.push(this); }
};
"""
"""The media browser plays with an element that is in no page."""
_DECODE: Final = """async ({rate}) => {
    const answer = await fetch(window.players.at(-1).src);
    const context = new OfflineAudioContext(1, 1, rate);
    const audio = await context.decodeAudioData(await answer.arrayBuffer());
    return [...audio.getChannelData(0)].map(sample => Math.round(sample * 32767));
}"""
"""What Chromium makes of what it plays, as samples of 16 bits."""


@pytest.fixture
async def asterisk(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[RealAsterisk]:
    """Run the real Asterisk, with phones around it."""
    servers = Servers(tmp_path_factory.mktemp("asterisk"))
    server = await asyncio.to_thread(servers.get, "22")
    yield server
    await server.clear()
    await asyncio.to_thread(servers.close)


async def _act(
    home_assistant: HomeAssistant, action: str, **data: Any
) -> dict[str, Any]:
    """Perform an action, and return its response."""
    path = f"/api/services/call_recorder/{action}?return_response"
    answer = await home_assistant.post(path, data)
    response: dict[str, Any] = answer["service_response"]
    return response


async def _record(house: House, asterisk: RealAsterisk, entry: str) -> str:
    """Record two seconds of a call by the actions; return the caller's number."""
    line = {"config_entry_id": entry, "directory_number": "1002"}
    call = await asterisk.call("501")
    started = await _act(house.home_assistant, "start_recording", **line)
    assert started["result"] == "started"
    await asterisk.talk(call, 2.0)
    stopped = await _act(house.home_assistant, "stop_recording", **line)
    assert stopped["recording_id"] == started["recording_id"]
    return call.number


async def _play(page: Page, number: str) -> None:
    """Go from folder to folder to the recording with a number, and play it."""
    for title in (r"Call Recorder", r"Asterisk", r"\w+ 20\d\d", r"\w+, \w+ \d+"):
        shown = page.get_by_text(re.compile(rf"^\s*{title}\s*$"))
        await shown.filter(visible=True).last.click()
    await page.get_by_text(number).filter(visible=True).last.click()


def _as_wav(samples: list[int]) -> bytes:
    """Return samples as the file that `strength` takes."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(array("h", samples).tobytes())
    return file.getvalue()


async def test_real_recording(
    house: House, asterisk: RealAsterisk, open_page: OpenPage
) -> None:
    """What the action has recorded is found, is played, and has the tones of both parties."""
    entry = await add_recorder(house.home_assistant, "asterisk", asterisk.settings)
    assert entry is not None
    try:
        number = await _record(house, asterisk, entry)

        async def prepare(page: Page) -> None:
            await page.add_init_script(_KEEP_PLAYERS)

        # Home Assistant has no logo of some of its own media sources.
        page = await open_page(
            "/media-browser/browser", prepare=prepare, has_own_errors=True
        )
        await _play(page, number)
        await page.wait_for_function("window.players.at(-1)?.currentTime > 0.5")
        samples = await page.evaluate(_DECODE, {"rate": RATE})
    finally:
        path = f"/api/config/config_entries/entry/{entry}"
        await house.home_assistant.delete(path)
    audio = _as_wav(samples)
    assert all(strength(audio, tone) > 0.5 for tone in asterisk.tones)
    assert strength(audio, 700) < 0.1
