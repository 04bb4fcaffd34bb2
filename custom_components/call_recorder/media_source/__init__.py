"""The archives in the media browser, to be browsed, searched and played."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, override

from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.media_player import (
    BrowseError,
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations

from ..api.client import Capability
from ..api.errors import ErrorKey
from ..archive.export import raise_if_not_playable
from ..commands import translated_errors
from ..const import DOMAIN
from ..data import CallRecorderConfigEntry
from ..rights import async_get_requesting_user, may_listen
from ..views import id_from_token, recording_path
from .browser import Browser
from .folders import RECORDING, Folder, browse_folder
from .titles import Titles

_VALIDITY: Final = timedelta(minutes=10)
"""For which a signed address is valid beside the time that listening takes."""
_LONG: Final = timedelta(hours=1)
"""Taken for a duration that is not known."""
_LONGEST: Final = timedelta(days=1)
"""No recording takes longer to hear, whatever its recorder reports."""


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """Return the archives of all recorders."""
    return CallRecorderMediaSource(hass)


class CallRecorderMediaSource(MediaSource):
    """Browses the archives of all recorders."""

    name = "Call Recorder"

    def __init__(self, hass: HomeAssistant) -> None:
        """Browse all recorders of this Home Assistant."""
        super().__init__(DOMAIN)
        self.hass = hass

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Open a folder."""
        if not item.identifier:
            children = [
                browse_folder(str(Folder(entry_id=entry.entry_id)), entry.title)
                for entry in await self._entries()
            ]
            return browse_folder(None, "Call Recorder", children)
        folder = _parse(item.identifier)
        entry = await self._get_entry(folder.entry_id)
        with _errors(entry, BrowseError):
            return await (await self._browser(entry)).browse(folder)

    @override
    async def async_search_media(
        self, item: MediaSourceItem, query: SearchMediaQuery
    ) -> SearchMedia:
        """Search below a folder, or in all archives."""
        if item.identifier:
            folders = [_parse(item.identifier)]
        else:
            folders = [
                Folder(entry_id=entry.entry_id) for entry in await self._entries()
            ]
        found: list[BrowseMediaSource] = []
        for folder in folders:
            entry = await self._get_entry(folder.entry_id)
            browser = await self._browser(entry)
            with _errors(entry, BrowseError):
                found += await browser.search(folder, query.search_query.strip())
        return SearchMedia(result=found)

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return where a recording is played, or raise why it cannot be.

        The address is valid for as long as the recording lasts, and some time more.
        """
        entry_id, _, rest = item.identifier.partition("/")
        kind, _, token = rest.partition("/")
        recording_id = id_from_token(token)
        if kind != RECORDING or recording_id is None:
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key=ErrorKey.MEDIA_NOT_FOUND
            )
        try:
            entry = await self._get_entry(entry_id)
        except BrowseError as err:
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key=err.translation_key
            ) from err
        client = entry.runtime_data.live.client
        with _errors(entry, Unresolvable):
            recording = await client.get_recording(recording_id)
            raise_if_not_playable(recording)
        path = async_sign_path(
            self.hass,
            recording_path(entry_id, recording_id),
            min(recording.duration or _LONG, _LONGEST) + _VALIDITY,
        )
        return PlayMedia(path, recording.audio_type or client.audio_type)

    async def _entries(self) -> list[CallRecorderConfigEntry]:
        """Return the loaded recorders with an archive that the user may read."""
        user = await async_get_requesting_user(self.hass)
        return [
            entry
            for entry in self.hass.config_entries.async_loaded_entries(DOMAIN)
            if Capability.ARCHIVE in entry.runtime_data.live.client.capabilities
            and may_listen(self.hass, user, entry)
        ]

    async def _get_entry(self, entry_id: str) -> CallRecorderConfigEntry:
        """Return a recorder that is loaded. Raises `BrowseError`."""
        for entry in self.hass.config_entries.async_loaded_entries(DOMAIN):
            if entry.entry_id == entry_id:
                break
        else:
            raise BrowseError(
                translation_domain=DOMAIN, translation_key=ErrorKey.RECORDER_NOT_LOADED
            )
        user = await async_get_requesting_user(self.hass)
        if not may_listen(self.hass, user, entry):
            raise BrowseError(
                translation_domain=DOMAIN,
                translation_key=ErrorKey.LISTENING_NOT_ALLOWED,
            )
        return entry

    async def _browser(self, entry: CallRecorderConfigEntry) -> Browser:
        """Return the browser of a recorder's archive."""
        return Browser(entry, Titles(entry, await self._texts()))

    async def _texts(self) -> dict[str, str]:
        """Return the texts of folders in the language of the installation."""
        language = self.hass.config.language
        texts = await async_get_translations(self.hass, language, "common", {DOMAIN})
        return {key.rpartition(".")[2]: text for key, text in texts.items()}


@contextmanager
def _errors[ErrorT: HomeAssistantError](
    entry: CallRecorderConfigEntry, error: type[ErrorT]
) -> Iterator[None]:
    """Raise what a recorder failed at as the media browser wants it."""
    try:
        with translated_errors(entry.runtime_data.live):
            yield
    except BrowseError:
        raise
    except HomeAssistantError as err:
        raise error(
            translation_domain=DOMAIN,
            translation_key=err.translation_key,
            translation_placeholders=err.translation_placeholders,
        ) from err


def _parse(identifier: str) -> Folder:
    """Read an identifier. Raises `BrowseError`."""
    try:
        return Folder.parse(identifier)
    except (ValueError, IndexError, OverflowError) as err:
        raise BrowseError(
            translation_domain=DOMAIN, translation_key=ErrorKey.MEDIA_NOT_FOUND
        ) from err
