"""The manager interface (AMI): one session for each connection."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import hashlib
import re
from typing import Protocol

from .actions import RIGHTS, Actions, AmiError, Asked
from .switchboard import Block

_CHALLENGE = "601638475"


class Pbx(Protocol):
    """What a session needs of the server."""

    actions: Actions
    users: dict[str, tuple[str, set[str]]]
    """Secret and rights (`write`) by the user's name."""
    cut_after: str
    """An action that is carried out, and whose answer is lost with the connection."""

    rewrite: Callable[[bytes], bytes]
    """Changes each message that is sent."""

    def report_changes(self) -> None:
        """Send the events of what has changed."""


class Session:
    """One connection of a manager user."""

    def __init__(
        self, pbx: Pbx, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve a connection."""
        self._pbx = pbx
        self._reader = reader
        self._writer = writer
        self._rights: set[str] | None = None
        self._filters: list[str] = []
        self.asked: list[dict[str, str]] = []
        """The actions, in their order."""

    async def serve(self) -> None:
        """Answer until the user leaves."""
        self._writer.write(self._pbx.rewrite(b"Asterisk Call Manager/11.0.0\r\n"))
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not self._writer.is_closing():
                text = await self._reader.readuntil(b"\r\n\r\n")
                self._take(text.decode(errors="replace"))
                await self._writer.drain()
        self.cut()

    def cut(self) -> None:
        """End the connection without a word."""
        self._writer.transport.abort()

    def send_event(self, event: Block) -> None:
        """Send an event, if the user is signed in and wants it."""
        text = "".join(f"{key}: {value}\r\n" for key, value in event)
        is_wanted = not self._filters or any(
            re.search(one, text) for one in self._filters
        )
        if self._rights is not None and is_wanted:
            self._writer.write(self._pbx.rewrite(f"{text}\r\n".encode()))

    def _take(self, text: str) -> None:
        """Carry out one action, and answer."""
        lines = (line.partition(":") for line in text.split("\r\n") if line)
        asked = {key: value.strip() for key, _, value in lines}
        self.asked.append(asked)
        action = asked.get("Action", "")
        try:
            blocks = self._answer(action, asked)
        except AmiError as err:
            self._send(asked, [("Response", "Error"), ("Message", str(err))])
            return
        if action == self._pbx.cut_after:
            self.cut()
            return
        word = "Goodbye" if action == "Logoff" else "Success"
        self._send(asked, [("Response", word), *blocks[0]])
        for block in blocks[1:]:
            self._send(asked, block)
        if action == "Logoff":
            self._writer.close()
        self._pbx.report_changes()

    def _answer(self, action: str, asked: Asked) -> list[Block]:
        """Return the answer's fields, and the rows behind it."""
        if action == "Challenge":
            return [[("Challenge", _CHALLENGE)]]
        if action == "Login":
            return self._login(asked)
        if self._rights is None:
            raise AmiError("Permission denied")
        if action not in RIGHTS:
            raise AmiError("Invalid/unknown command")
        if not self._may(action):
            raise AmiError("Permission denied")
        return self._answer_user(action, asked)

    def _answer_user(self, action: str, asked: Asked) -> list[Block]:
        """Answer a user who may ask this."""
        if action == "ListCommands":
            return [[(name, "") for name in RIGHTS if self._may(name)]]
        if action == "Filter":
            self._filters.append(asked.get("Filter", ""))
            return [[("Message", "Success")]]
        if action == "Logoff":
            return [[("Message", "Thanks for all the fish.")]]
        return self._pbx.actions.by_name[action](asked)

    def _may(self, action: str) -> bool:
        """Return whether the user has the right to an action."""
        return not RIGHTS[action] or bool(RIGHTS[action] & (self._rights or set()))

    def _login(self, asked: Asked) -> list[Block]:
        """Sign in, by the secret or by the proof that it is known."""
        secret, rights = self._pbx.users.get(asked.get("Username", ""), ("", set()))
        proof = hashlib.md5(f"{_CHALLENGE}{secret}".encode(), usedforsecurity=False)
        is_known = (
            asked.get("Secret") == secret or asked.get("Key") == proof.hexdigest()
        )
        if not secret or not is_known:
            raise AmiError("Authentication failed")
        self._rights = rights
        return [[("Message", "Authentication accepted")]]

    def _send(self, asked: Asked, block: Block) -> None:
        """Send a block with the ActionID of its action."""
        first, *rest = block
        if "ActionID" in asked:
            rest = [("ActionID", asked["ActionID"]), *rest]
        text = "".join(f"{key}: {value}\r\n" for key, value in (first, *rest))
        self._writer.write(self._pbx.rewrite(f"{text}\r\n".encode()))
