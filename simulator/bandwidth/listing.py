"""Catapult's lists: pages, Link headers, and the order, which is not documented."""

from collections.abc import Callable
from math import gcd
from typing import Any

from aiohttp import web

from simulator.calls import Recording
from simulator.identifiers import mix
from simulator.office import Office

from .account import Account, ListOrder
from .errors import CatapultError

_DEFAULT_SIZE, _LARGEST_SIZE = 25, 1000
_STRIDE = 7919


def page_of(
    account: Account,
    request: web.Request,
    total: int,
    row: Callable[[int], dict[str, Any]],
) -> web.Response:
    """Return one page as a bare array (getRecordings.md), with a Link to the next."""
    page, size = (
        _number(request, "page", 0, 0),
        _number(request, "size", _DEFAULT_SIZE, 1),
    )
    if size > _LARGEST_SIZE:
        resource = request.path.rsplit("/", maxsplit=1)[-1]
        message = (
            f"The `{resource}` resource property `size` exceeds the limit of `1000`"
        )
        raise CatapultError(400, "validation-error", message)
    start = _number(request, "sortKeyLT", page * size, 0)
    rows = [row(index) for index in range(start, min(start + size, total))]
    link = _link(account, request, start, size) if start + size < total else None
    return web.json_response(rows, headers={"Link": link} if link else None)


def recordings_in_order(
    office: Office, order: ListOrder
) -> tuple[int, Callable[[int], Recording]]:
    """Return the number of recordings, and a function from an index to a recording."""
    archive, older, now = office.archive, office.archive.older, office.now
    recent = [
        row for row in office.recordings if not row.is_pending(now)
    ] + archive.newer
    recent.sort(key=lambda row: (row.started_at, row.number))
    total = older + len(recent)
    if order == "newest_first":
        return (
            total,
            lambda index: (
                recent[-1 - index]
                if index < len(recent)
                else archive[total - 1 - index]
            ),
        )
    if order == "oldest_first":
        return (
            total,
            lambda index: archive[index] if index < older else recent[index - older],
        )
    recent.sort(key=lambda row: mix(office.seed, row.number, 0))
    return total, lambda index: _shuffled(office, recent, index)


def _shuffled(office: Office, recent: list[Recording], index: int) -> Recording:
    """Return the recording at an index of a stable, arbitrary order; recent ones in the middle."""
    older = office.archive.older
    middle = older // 2
    if middle <= index < middle + len(recent):
        return recent[index - middle]
    position = index if index < middle else index - len(recent)
    stride = _STRIDE
    while gcd(stride, older) != 1:
        stride += 1
    return office.archive[position * stride % older]


def _number(request: web.Request, name: str, default: int, smallest: int) -> int:
    """Return a paging parameter."""
    text = request.query.get(name) or str(default)
    if not text.isdecimal() or int(text) < smallest:
        raise CatapultError(400, "validation-error", "Bad parameters")
    return int(text)


def _link(account: Account, request: web.Request, start: int, size: int) -> str | None:
    """Return the Link header in the account's `link_style`."""
    resource = f"{account.url}{request.path}"
    following = f"page={start // size + 1}&size={size}"
    style = account.link_style
    if style == "none":
        return None
    if style == "relative":
        return f'<{request.path.rstrip("/").rsplit("/")[-1]}?{following}>; rel="next"'
    if style == "single_quotes":
        return f"<{resource}?{following}>; rel='next'"
    if style == "sort_key":
        return f'<{resource}?sortKeyLT={start + size}&size={size}>; rel="next"'
    if style == "malformed":
        return f'<{resource}?{following}> rel="next"'
    if style == "other_host":
        return f'<{account.link_host}{request.path}?{following}>; rel="next"'
    return f'<{resource}?page=0&size={size}>; rel="first", <{resource}?{following}>; rel="next"'
