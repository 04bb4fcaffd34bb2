"""Traffic: phones that ring by themselves, in seeded conversations on the office's lines."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heapreplace
from random import Random
from typing import Literal

from .calls import Call, Line
from .office import Office
from .people import caller

type TrafficKind = Literal["quiet", "normal", "busy"]
type Recorded = Literal["all", "some", "none"]


@dataclass(frozen=True, slots=True)
class _Mood:
    """Number of parallel conversations, and the seconds between two calls of each."""

    conversations: int
    rest: tuple[float, float]
    first_rest: tuple[float, float] = (1, 4)
    """The same for the first conversation, which `recorded="some"` never records."""
    talk: tuple[float, float] = (30, 240)


_MOODS: dict[TrafficKind, _Mood] = {
    "quiet": _Mood(2, (60, 300), (60, 300)),
    "normal": _Mood(4, (5, 40)),
    "busy": _Mood(10, (2, 15)),
}


def start(office: Office, kind: TrafficKind, recorded: Recorded = "some") -> None:
    """Make the office's phones ring by themselves from now on."""
    office.movers.append(_Traffic(office, kind, recorded))


class _Traffic:
    """Several conversations side by side, each one call after the other."""

    def __init__(self, office: Office, kind: TrafficKind, recorded: Recorded) -> None:
        """Start the conversations now; they follow from the office's seed."""
        self._office = office
        self._mood = _MOODS[kind]
        self._recorded = recorded
        self._steps = [
            (office.now, index, self._conversation(index))
            for index in range(self._mood.conversations)
        ]
        heapify(self._steps)

    @property
    def next_step_at(self) -> datetime:
        """Return when the next step is due."""
        return self._steps[0][0]

    def step(self) -> None:
        """Do the next step of the conversation that is due first."""
        moment, index, conversation = self._steps[0]
        pause = timedelta(seconds=round(next(conversation), 3))
        heapreplace(self._steps, (moment + pause, index, conversation))

    def _conversation(self, index: int) -> Generator[float]:
        """Make one call after the other; yield the seconds until the next step."""
        random = Random(f"{self._office.seed} conversation {index}")
        rest = self._mood.rest if index else self._mood.first_rest
        yield random.uniform(0, rest[0])
        while True:
            line = self._free_line(random)
            if line is not None:
                yield from self._call(random, line, self._is_recorded(index, random))
            yield random.uniform(*rest)

    def _call(self, random: Random, line: Line, recorded: bool) -> Generator[float]:
        """Ring, talk, hang up; one call in ten is not answered."""
        office = self._office
        number, name = caller(random.randrange(1000))
        direction: Literal["incoming", "outgoing"] = random.choice(
            ("incoming", "outgoing")
        )
        call = office.connect(
            line.number, number, direction, ringing=True, remote_name=name
        )
        yield random.uniform(3, 8)
        if random.random() < 0.9 and call.ended_at is None:
            office.answer(call)
            yield from self._talk(random, call, recorded)
        office.hang_up(call)

    def _talk(self, random: Random, call: Call, recorded: bool) -> Generator[float]:
        """Talk, recorded or not; some recordings are paused for a while."""
        talk = random.uniform(*self._mood.talk)
        if not recorded or not self._office.channel_is_free():
            yield talk
            return
        recording = self._office.start_recording(call)
        if random.random() < 0.15:
            yield talk / 3
            if recording.ended_at is None:
                self._office.pause(recording)
            yield talk / 4
            self._office.resume(recording)
            yield talk / 3
        else:
            yield talk

    def _free_line(self, random: Random) -> Line | None:
        """Return a random line without a call, None if all are busy."""
        busy = {call.line.number for call in self._office.calls}
        free = [line for line in self._office.lines if line.number not in busy]
        return random.choice(free) if free else None

    def _is_recorded(self, index: int, random: Random) -> bool:
        """Return whether to record a call; with "some" never those of the first conversation."""
        if self._recorded == "some":
            return index > 0 and random.random() < 0.75
        return self._recorded == "all"
