"""What the polls of a recorder have in common: how failures are dealt with."""

from collections.abc import Callable
from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .api.client import RecorderClient
from .api.errors import AccessError, CannotConnectError, InvalidAuthError, RecorderError
from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

_LONGEST_INTERVAL: Final = timedelta(minutes=5)
_LONGEST_TOLERANCE: Final = timedelta(minutes=1)
"""After a failed poll the last data may be shown as long as this, or one interval."""
_REFUSALS_UNTIL_REAUTH: Final = 2
"""One refusal may be the hiccup of a proxy."""


class SignIn:
    """Whether a recorder accepts the credentials, whatever it is asked."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Start with credentials that are believed to be right."""
        self._hass = hass
        self._entry = entry
        self._refusals = 0
        self._is_asked = False
        """Whether the user was asked to sign in."""
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_refused(self) -> bool:
        """Return whether the user has to sign in again."""
        return self._refusals >= _REFUSALS_UNTIL_REAUTH

    @callback
    def async_listen(self, listener: Callable[[], None]) -> None:
        """Call the listener when the credentials seem to be accepted again."""
        self._listeners.append(listener)

    @callback
    def async_note_refused(self) -> bool:
        """Note that a request was refused; return whether the user has to sign in."""
        self._refusals += 1
        self._is_asked |= self.is_refused
        return self.is_refused

    @callback
    def async_note_accepted(self) -> None:
        """Note that a request was accepted.

        Where the user was asked to sign in, a poll has to find out whether that is
        still needed: the archive may have credentials of its own.
        """
        if not self.is_refused:
            self._refusals = 0
            return
        self._refusals = _REFUSALS_UNTIL_REAUTH - 1
        self._call_listeners()

    @callback
    def async_withdraw(self) -> None:
        """Withdraw what was asked of the user: a poll of what is active was accepted."""
        self._refusals = 0
        if not self._is_asked:
            return
        self._is_asked = False
        flows = self._hass.config_entries.flow
        for flow in list(
            self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})
        ):
            flows.async_abort(flow["flow_id"])
        self._call_listeners()

    @callback
    def _call_listeners(self) -> None:
        """Call the listeners."""
        for listener in self._listeners:
            listener()


class PollingCoordinator[DataT](DataUpdateCoordinator[DataT]):
    """Base of both coordinators: tolerates one failed poll, then backs off."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: RecorderClient,
        sign_in: SignIn,
        *,
        interval: timedelta,
        cooldown: float,
    ) -> None:
        """Prepare the polls of a recorder. `cooldown` is in seconds."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=interval,
            request_refresh_debouncer=Debouncer(
                hass, _LOGGER, cooldown=cooldown, immediate=True
            ),
            # An unchanged poll writes no state.
            always_update=False,
        )
        self.client = client
        self.sign_in = sign_in
        self.failures = 0
        """How many polls have failed in a row."""
        self.is_wanted_again = False
        """Whether a poll was asked for since the last one started."""
        self._asks_when_refused = False
        """Whether only these polls can find out that the credentials are right again."""
        self._not_before: datetime | None = None
        """The time until which the recorder asked not to be asked."""
        sign_in.async_listen(self._handle_accepted_again)

    @callback
    def async_refresh_soon(self) -> None:
        """Poll in the background, unless the recorder asked to be left alone."""
        if self.sign_in.is_refused or (
            self._not_before is not None and dt_util.utcnow() < self._not_before
        ):
            return
        self.is_wanted_again = True
        self.config_entry.async_create_background_task(
            self.hass,
            self.async_request_refresh(),
            f"{DOMAIN} {self.config_entry.entry_id} refresh",
        )

    @callback
    def async_note_accepted(self) -> None:
        """Note that the recorder has accepted a request: it can be asked again."""
        self._not_before = None
        self.sign_in.async_note_accepted()

    @callback
    def _note_success(self) -> None:
        """Note that a poll has succeeded."""
        self.failures = 0
        self.async_note_accepted()

    @callback
    def _handle_accepted_again(self) -> None:
        """Take the polls up again that ended when the credentials were refused."""
        if self.failures:
            self.async_refresh_soon()

    def _tolerate_or_raise(
        self, err: RecorderError, interval: timedelta, *, is_setup: bool = False
    ) -> DataT:
        """Return the data of the last poll after a first failure; otherwise raise.

        A single lost poll is no outage, if the next one comes soon. A missing
        permission does not go away by waiting. `interval` is how often a healthy
        recorder would be asked now. With `is_setup`, it is Home Assistant that tries
        again.
        """
        self.failures += 1
        if isinstance(err, InvalidAuthError) and self.sign_in.async_note_refused():
            self._ask_to_sign_in(err)
            interval = _LONGEST_INTERVAL
        asked = _asked_wait(err)
        delay = min(interval * 2 ** min(self.failures - 1, 10), _LONGEST_INTERVAL)
        if asked is not None:
            delay = max(delay, timedelta(seconds=asked))
            self._not_before = dt_util.utcnow() + delay
        if (
            self.failures > 1
            or self.data is None
            or isinstance(err, AccessError)
            or delay > max(interval, _LONGEST_TOLERANCE)
        ):
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key=err.key,
                retry_after=None
                if is_setup and asked is None
                else delay.total_seconds(),
            ) from err
        _LOGGER.debug("One poll of %s failed: %s", self.name, err)
        self.update_interval = delay
        return self.data

    def _ask_to_sign_in(self, err: InvalidAuthError) -> None:
        """Raise what ends the polls; where these have to go on, only ask the user."""
        if not self._asks_when_refused:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key=err.key
            ) from err
        self.config_entry.async_start_reauth(self.hass)


def _asked_wait(err: RecorderError) -> float | None:
    """Return the seconds that the recorder asked to wait, if it did."""
    if isinstance(err, CannotConnectError | AccessError):
        return err.retry_after
    return None
