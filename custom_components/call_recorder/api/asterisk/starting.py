"""Starts recordings: where each is written, and whether it really is.

Sources: Asterisk's documentation of the AMI actions MixMonitor and Setvar, and of the
function CDR; FreePBX's module callrecording for the folders.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Final

from ..errors import ErrorKey, RecorderError, RefusedError
from ..models import LineAddress
from ..turns import in_turn
from .channels import Call, Channel
from .live import LiveView
from .monitors import get_variable
from .names import make_path
from .session import Session

_ENDING: Final = "wav"
LONGEST_TURN: Final = 30.0
"""Seconds that a start waits for those before it."""
_LOOKS: Final = 20
_LOOK_INTERVAL: Final = 0.05
"""Seconds between two looks whether a file is being written."""
_OWN_VARIABLE: Final = "CALL_RECORDER_ID"


class Starter:
    """Starts one recording at a time: each start looks first whether there is one."""

    def __init__(self, live: LiveView, session: Session, time_zone: tzinfo) -> None:
        """Start by a session, and look by a view; names of files are in `time_zone`."""
        self._live = live
        self._session = session
        self._time_zone = time_zone
        self._turn = asyncio.Lock()

    async def start(self, line: LineAddress) -> str:
        """Record the connected call of a line; return the path of its file.

        That Asterisk reports success proves nothing: what is being recorded is looked
        at before and after.

        Raises `RefusedError`, with `outcome_unknown` when a recording may run that
        cannot be seen, and `CannotConnectError` when nothing was started.
        """
        async with in_turn(self._turn, LONGEST_TURN):
            return await self._start(line)

    async def _start(self, line: LineAddress) -> str:
        """Start a MixMonitor on a call that has none."""
        look = await self._live.look(self._session)
        call = _find_call(look.calls.values(), line)
        if any(one.call.id == call.id for one in look.running or ()):
            raise RefusedError(ErrorKey.ALREADY_RECORDING)
        channel = call.leg_to_record
        path = await self._new_path(call, channel, line)
        try:
            await self._session.command(
                "MixMonitor",
                (
                    ("Channel", channel.name),
                    ("File", f"{path}.{_ENDING}"),
                    ("Options", f"ai({_OWN_VARIABLE})"),
                ),
                no_channel=ErrorKey.NO_CONNECTED_CALL,
            )
            await self._wait_until_written(channel, path)
        except RefusedError as err:
            if err.key is not ErrorKey.OUTCOME_UNKNOWN or not await self._runs(path):
                raise
        await self._inform_freepbx(channel, path)
        return path

    async def _new_path(self, call: Call, channel: Channel, line: LineAddress) -> str:
        """Choose a file of its own, where FreePBX and ARI find it."""
        wire = await self._session.connect()
        folder = await get_variable(wire, "MIXMON_DIR")
        if folder is None:
            if self._live.spool is None:
                raise RefusedError(ErrorKey.NOT_AUTHORIZED)
            # FreePBX without that setting knows only its own folder, ARI the other.
            is_freepbx = await get_variable(wire, "MIXMON_FORMAT")
            folder = f"{self._live.spool}/{'' if is_freepbx else 'recording/'}monitor"
        local, remote = call.parties
        return make_path(
            folder,
            local=line.directory_number or local.number,
            remote=remote.phone_number,
            unique_id=channel.unique_id,
            now=datetime.now(UTC),
            time_zone=self._time_zone,
        )

    async def _wait_until_written(self, channel: Channel, path: str) -> None:
        """Return when a MixMonitor has opened its file, which takes it a moment.

        Raises `RefusedError`: `recorder_error` when it cannot write, and
        `outcome_unknown` when it cannot be asked.
        """
        for _ in range(_LOOKS):
            try:
                monitors = await self._live.monitors.ask(
                    await self._session.connect(), self._session.commands, channel.name
                )
            except RecorderError:
                raise RefusedError(ErrorKey.OUTCOME_UNKNOWN) from None
            if any(monitor.path == path for monitor in monitors or ()):
                return
            await asyncio.sleep(_LOOK_INTERVAL)
        raise RefusedError(ErrorKey.RECORDER_ERROR)

    async def _runs(self, path: str) -> bool:
        """Look at all calls anew: is a file being written?"""
        try:
            look = await self._live.look(self._session)
        except RecorderError:
            return False
        return any(one.monitor.path == path for one in look.running or ())

    async def _inform_freepbx(self, channel: Channel, path: str) -> None:
        """Name the file in the call's record, where FreePBX looks for it.

        The recording runs, whether that succeeds or not.
        """
        if "Setvar" not in self._session.commands:
            return
        name = f"{path.rpartition('/')[2]}.{_ENDING}"
        record = (("Variable", "CDR(recordingfile)"), ("Value", name))
        with suppress(RecorderError):
            await self._session.command("Setvar", (("Channel", channel.name), *record))


def _find_call(calls: Iterable[Call], line: LineAddress) -> Call:
    """Return the connected call that a line address means."""
    for call in calls:
        if call.is_connected and call.is_meant_by(line):
            return call
    raise RefusedError(ErrorKey.NO_CONNECTED_CALL)
