"""Measures a poll of Asterisk's channels against reading the same list, and nothing else."""

import asyncio
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Self

from aiohttp import ClientSession

from custom_components.call_recorder.api import client_class
from custom_components.call_recorder.api.client import RecorderClient

from .other_process import office
from .subject import ROUNDS, Sample
from .table import Row

CHANNELS = 200


class BareManager:
    """Asks for the list of channels, and splits its lines."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take an open connection."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def sign_in(cls, settings: Mapping[str, Any]) -> Self:
        """Connect, and sign in."""
        reader, writer = await asyncio.open_connection(
            settings["host"], settings["port"], limit=2**20
        )
        writer.write(
            f"Action: Login\r\nUsername: {settings['username']}\r\n"
            f"Secret: {settings['password']}\r\n\r\n".encode()
        )
        await reader.readuntil(b"accepted\r\n\r\n")
        return cls(reader, writer)

    async def ask(self) -> None:
        """Read the list of channels."""
        self._writer.write(b"Action: CoreShowChannels\r\n\r\n")
        answer = await self._reader.readuntil(b"EventList: Complete\r\n")
        rows = [line.partition(": ") for line in answer.decode().split("\r\n")]
        assert len(rows) > CHANNELS


async def measure() -> list[Row]:
    """Poll by turns in both ways."""
    with office(CHANNELS // 2, recorder="asterisk") as remote:
        async with ClientSession() as session:
            client = client_class("asterisk")(session, remote.settings, time_zone=UTC)
            listening = asyncio.create_task(client.listen(lambda: None))
            await client.get_live_state()
            remote.do("record", CHANNELS // 2)
            bare = await BareManager.sign_in(remote.settings)
            floor, ours = Sample(), Sample()
            for turn in range(ROUNDS + 2):
                for sample, work in ((floor, bare.ask), (ours, lambda: _poll(client))):
                    remote.do("wait", 10.0)
                    await (work() if turn < 2 else sample.take(work))
            listening.cancel()
            await client.close()
    return [
        Row(
            name=f"asterisk, {CHANNELS} channels: CPU of an unchanged poll",
            unit="ms",
            floor=floor.ms,
            ours=ours.ms,
        )
    ]


async def _poll(client: RecorderClient) -> None:
    """Poll, and see that all recordings are there."""
    recordings = (await client.get_live_state()).recordings
    assert recordings is not None
    assert len(recordings) == CHANNELS // 2
