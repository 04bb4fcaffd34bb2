"""What is known of Bandwidth's list of recordings, and what a restart keeps of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from .rows import Row
from .sample import Sample
from .walk import CatchUp, ListOrder, Walk, time_from_text, time_to_text


@dataclass(slots=True, kw_only=True)
class Position:
    """What is known of the list."""

    order: ListOrder | None = None
    """`None` while it is not known, or when one page shows the whole list."""
    is_known: bool = False
    """Whether all active recordings are known."""
    total: int = 0
    """Rows of the list when they were last counted."""
    oldest: datetime | None = None
    """Start of the oldest row."""
    mark: datetime | None = None
    """Where new rows appear at one end: every row that started until then was read."""
    active: dict[str, Row] = field(default_factory=dict)
    """Active recordings by id. The first ones have to be read by their ids next."""
    walk: Walk | None = None
    """Reads the whole list, also to check what `sample` has found."""
    sample: Sample | None = None
    catch_up: CatchUp | None = None

    @property
    def series(self) -> CatchUp | Sample | Walk | None:
        """Return the series of pages that is read next; `None` if nothing is missing."""
        return self.catch_up or self.sample or self.walk

    @property
    def is_sorted(self) -> bool:
        """Return whether new rows appear at one end."""
        return self.order in (ListOrder.FRONT, ListOrder.END)

    def as_dict(self) -> dict[str, Any]:
        """Return what is needed to continue after a restart."""
        return {
            "order": self.order if self.is_sorted else None,
            "total": self.total,
            "oldest": time_to_text(self.oldest),
            "mark": time_to_text(self.catch_up.known if self.catch_up else self.mark),
            "active": [
                [row.id, time_to_text(row.started_at), row.call_id]
                for row in self.active.values()
            ],
            "walk": self.walk.as_dict() if self.walk else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the position that `as_dict` described.

        Raises `KeyError`, `TypeError` or `ValueError` for anything else.
        """
        order = ListOrder(data["order"]) if data["order"] else None
        return cls(
            order=order,
            is_known=order is not None,
            total=int(data["total"]),
            oldest=time_from_text(data["oldest"]),
            mark=time_from_text(data["mark"]),
            active={
                row_id: Row(
                    id=row_id,
                    state="recording",
                    started_at=time_from_text(started_at),
                    ended_at=None,
                    call_id=call_id,
                )
                for row_id, started_at, call_id in data["active"]
            },
            walk=Walk.from_dict(data["walk"]) if data["walk"] else None,
        )
