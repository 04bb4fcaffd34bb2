"""The routes below `/fw/Apps/Recorder/WebAPI`, and who may use them."""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import hdrs, web

from simulator.recorder import basic_credentials

from .finished import FinishedRecordings
from .live import LiveRecordings
from .suite import Suite
from .users import BASE_ACCESS, COMPLETE_MANAGEMENT, User

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type _Action = Callable[[web.Request, User], Awaitable[web.StreamResponse]]


class Imagicle(Suite):
    """Imagicle Call Recording in front of the office."""

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Return the documented calls."""
        live, finished = LiveRecordings(self), FinishedRecordings(self)
        active = f"{self.root}/LiveRecordings"
        archive = f"{self.root}/Recordings"
        return (
            web.get(active, self._as_manager(live.get)),
            web.post(active, self._as_user(live.start)),
            web.delete(active, self._as_manager(live.stop_line)),
            web.delete(f"{active}/Mine", self._as_user(live.stop_mine)),
            web.delete(f"{active}/{{id}}", self._as_manager(live.stop)),
            web.put(f"{active}/Pause", self._as_manager(live.pause_line)),
            web.put(f"{active}/Resume", self._as_manager(live.resume_line)),
            web.put(f"{active}/{{id}}/Pause", self._as_manager(live.pause)),
            web.put(f"{active}/{{id}}/Resume", self._as_manager(live.resume)),
            web.get(f"{archive}{{slash:/?}}", self._as_user(finished.list)),
            web.get(f"{archive}/{{id}}", self._as_user(finished.get)),
            web.get(f"{archive}/{{id}}/Media", self._as_user(finished.download)),
        )

    def _as_user(self, action: _Action) -> _Handler:
        """Allow users with Base Access (lv. 2)."""
        return self._with_level(BASE_ACCESS, action)

    def _as_manager(self, action: _Action) -> _Handler:
        """Allow users with Complete Management (lv. 10)."""
        return self._with_level(COMPLETE_MANAGEMENT, action)

    def _with_level(self, level: int, action: _Action) -> _Handler:
        """Check credentials (401), level (403) and that the service is available (504)."""

        async def handler(request: web.Request) -> web.StreamResponse:
            user = self._user(request)
            if user is None:
                challenge = {hdrs.WWW_AUTHENTICATE: 'Basic realm="Imagicle"'}
                return web.Response(status=401, headers=challenge)
            if user.level < level:
                return web.Response(status=403)
            if not self.office.service_available:
                return web.Response(status=504)
            return await action(request, user)

        return handler

    def _user(self, request: web.Request) -> User | None:
        """Return the user of a request's credentials, None where the suite answers 401."""
        credentials = basic_credentials(request)
        for user in self.users:
            if credentials == (user.username, user.password):
                return user if self.allows_basic_for_sso or not user.sso else None
        return None
