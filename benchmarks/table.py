"""The rows of the table that the benchmarks make."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
import platform
from typing import Any, Final

from homeassistant.const import __version__

_HEAD: Final = (
    "Figure",
    "Floor",
    "`rest`",
    "Ours",
    "Ours / floor",
    "Ours / `rest`",
    "Must reach",
    "Reached",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure of ours, beside the two references where they have it."""

    name: str
    ours: float
    unit: str = ""
    floor: float | None = None
    rest: float | None = None
    most: float | None = None
    """Must be reached: at most so much."""
    most_beyond_floor: float | None = None
    """At most so much more than the floor."""
    most_of_floor: float | None = None
    """At most so many times the floor."""
    most_of_rest: float | None = None
    """At most so much of `rest`."""
    reason: str = ""
    """Why it may be missed."""

    @property
    def of_floor(self) -> float | None:
        """Return the ratio to the floor."""
        return self.ours / self.floor if self.floor else None

    @property
    def of_rest(self) -> float | None:
        """Return the ratio to `rest`."""
        return self.ours / self.rest if self.rest else None

    @property
    def limits(self) -> list[tuple[str, bool]]:
        """Return what must be reached, and whether it is."""
        beyond = None if self.floor is None else self.ours - self.floor
        wanted = (
            (self.ours, self.most, self.unit),
            (beyond, self.most_beyond_floor, f"{self.unit} + floor"),
            (self.of_floor, self.most_of_floor, "times the floor"),
            (self.of_rest, self.most_of_rest, "of `rest`"),
        )
        return [
            (f"≤ {most:,g} {unit}".strip(), value is not None and value <= most)
            for value, most, unit in wanted
            if most is not None
        ]

    @property
    def is_missed(self) -> bool:
        """Return whether something is not reached."""
        return not all(reached for _, reached in self.limits)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON."""
        return {
            "figure": self.name,
            "unit": self.unit,
            "floor": self.floor,
            "rest": self.rest,
            "ours": self.ours,
            "ours_of_floor": self.of_floor,
            "ours_of_rest": self.of_rest,
            "must_reach": dict(self.limits),
        }

    def cells(self, note: str) -> tuple[str, ...]:
        """Return the row's cells as Markdown."""
        unit = f" {self.unit}" if self.unit else ""
        return (
            self.name,
            *(
                f"{_short(value)}{unit}" if value is not None else ""
                for value in (self.floor, self.rest, self.ours)
            ),
            *(
                f"{value:.2f}" if value is not None else ""
                for value in (self.of_floor, self.of_rest)
            ),
            ", ".join(text for text, _ in self.limits),
            ", ".join("yes" if reached else "**no**" for _, reached in self.limits)
            + note,
        )


def _short(value: float) -> str:
    """Return a figure with three digits that count."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def markdown(rows: Sequence[Row]) -> str:
    """Return the table, and below it why figures are missed."""
    reasons: list[str] = []
    lines = []
    for row in rows:
        note = ""
        if row.is_missed:
            if row.reason not in reasons:
                reasons.append(row.reason)
            note = f" ({reasons.index(row.reason) + 1})"
        lines.append(_line(row.cells(note)))
    head = [_line(_HEAD), "|---|" + "--:|" * 5 + "---|---|"]
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)]
    return "\n".join([*head, *lines, "", *notes]).rstrip() + "\n"


def _line(cells: Iterable[str]) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """Return the versions and the processor."""
    return (
        f"Home Assistant {__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}, {_processor()}"
    )


def _processor() -> str:
    """Return the processor's name (from Linux, where possible)."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(names, platform.processor())
