"""What the tests need of a PBX: the real one and the simulated one both have it."""

from typing import Any, Protocol


class Pbx(Protocol):
    """A PBX with extensions 1002 and 1003, and the services of `real_asterisk`.

    What `call` returns has a `number` (the caller's) and a `call_id`.
    """

    @property
    def tones(self) -> tuple[int, ...]:
        """Return what is heard in a recording, in Hz."""

    @property
    def settings(self) -> dict[str, Any]:
        """Return what a user enters who may do everything."""

    @property
    def watcher_settings(self) -> dict[str, Any]:
        """Return what a user enters who may only watch, and has no archive."""

    async def call(
        self,
        called: str,
        *,
        caller: str = "",
        name: str = "",
        digits: str = "",
        until: str = "Up",
    ) -> Any:
        """Call from outside, or from an extension; return when it has got so far."""

    async def call_often(self, called: str, calls: int) -> None:
        """Make many calls at once; return when all are connected."""

    async def press(self, call: Any) -> None:
        """Let the caller press the digits that the call was made with."""

    async def talk(self, call: Any, seconds: float) -> None:
        """Let the parties of a call talk."""

    async def hang_up(self, call: Any) -> None:
        """Let the caller hang up."""

    async def clear(self) -> None:
        """End all calls."""

    async def mute(self, call: Any, is_muted: bool) -> None:
        """Let another program pause or resume the recording of a call."""

    async def stop_recording(self, call: Any) -> None:
        """Let another program stop the recording of a call."""

    async def transfer(self, call: Any, called: str) -> None:
        """Let the called party transfer the caller."""

    async def set_folder(self, folder: str | None) -> None:
        """Let recordings that are started go to another folder, or to the usual one."""

    async def crash(self) -> None:
        """Let the server crash."""

    async def restart(self) -> None:
        """Start the server again."""
