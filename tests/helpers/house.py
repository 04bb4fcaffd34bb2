"""A Home Assistant and one recorder, in whose way a fault lies."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from simulator.faults import Fault
from simulator.office import Office
from simulator.recorder import Recorder

from .clock import IdleClock, settle
from .states import value

JSON_TYPE: Final = "application/json"
FAULTS: Final[dict[str, Fault]] = {
    "400": Fault("status", status=400),
    "401": Fault("status", status=401),
    "401 once": Fault("status", status=401, times=1),
    "403": Fault("status", status=403),
    "404": Fault("status", status=404),
    "429, Retry-After 2": Fault("status", status=429, retry_after=2),
    "429, Retry-After 600": Fault("status", status=429, retry_after=600),
    "500": Fault("status", status=500),
    "502 with a page of HTML": Fault("status", status=502, body="<html>Bad gateway"),
    "503": Fault("status", status=503),
    "login page (200, HTML)": Fault("login_page"),
    "JSON that breaks off": Fault("invalid_json"),
    "nothing (200)": Fault("empty_body"),
    "`{}`": Fault("empty_object"),
    "`null`": Fault("body", body="null", content_type=JSON_TYPE),
    "a number": Fault("body", body="7", content_type=JSON_TYPE),
    "a list of rows without a field": Fault(
        "body", body="[{}, {}]", content_type=JSON_TYPE
    ),
    "100,000 nested lists": Fault("body", body="[" * 100_000, content_type=JSON_TYPE),
    "200 MB": Fault("huge_body", size=200_000_000),
    "redirect elsewhere": Fault("redirect", url="http://127.0.0.1:9/elsewhere"),
    "connection closed": Fault("drop"),
    "done, then connection closed": Fault("drop_after"),
    "half an answer": Fault("half_body"),
    "wrong content type": Fault("wrong_content_type", content_type="text/plain"),
    "unreadable rows among the true ones": Fault("bad_rows"),
    "an answer in drops, in a minute": Fault("drip", seconds=6),
}
"""Answers in place of the right one, by what docs/faults.md calls them."""


@dataclass(frozen=True)
class Trouble[Kind: Recorder]:
    """A fault that is not one answer in place of another."""

    start: Callable[[Kind], None]
    end: Callable[[Kind], None] = lambda recorder: None


class House:
    """A Home Assistant, and one recorder in whose way a fault lies."""

    def __init__(
        self,
        hass: HomeAssistant,
        office: Office,
        recorder: Recorder,
        entry: MockConfigEntry,
        clock: IdleClock,
    ) -> None:
        """Start without a fault."""
        self.hass = hass
        self.office = office
        self.recorder = recorder
        self.entry = entry
        self._clock = clock
        self._fault: Fault | Trouble[Any] | None = None

    def lay(self, fault: Fault | Trouble[Any]) -> None:
        """Lay a fault in the way of everything."""
        self._fault = fault
        if isinstance(fault, Trouble):
            fault.start(self.recorder)
        else:
            self.recorder.faults.add(fault)

    def mend(self) -> None:
        """Take the fault away."""
        if isinstance(self._fault, Trouble):
            self._fault.end(self.recorder)
        self.recorder.faults.clear()

    async def do[Result](self, work: Awaitable[Result]) -> Result:
        """Wait for something; time passes where nothing else happens."""
        return await self._clock.run(work)

    async def wait(self, seconds: float) -> None:
        """Let time pass, and what has started in it end."""
        await self._clock.pass_time(seconds)
        await self.do(settle(self.hass))

    async def wait_until(self, condition: Callable[[], bool], minutes: int) -> None:
        """Let so many minutes pass at most until something is so."""
        for _ in range(minutes):
            if condition():
                return
            await self.wait(61)

    @property
    def active(self) -> str:
        """Return what the user reads."""
        return value(self.hass, f"sensor.{self.recorder.name}_active_recordings")

    async def sign_in_again(self) -> None:
        """Do what a person does who is asked to sign in: here, just reload."""
        for flow in self.entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])
        await self.do(self.hass.config_entries.async_reload(self.entry.entry_id))
        await self.do(settle(self.hass))
