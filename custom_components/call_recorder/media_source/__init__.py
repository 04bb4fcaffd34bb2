"""The archives in the media browser, to be browsed, searched and played."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import override

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
from ..views import id_from_token, recording_path
from .folders import RECORDING, Browser, Place, folder


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """Return the archives of all recorders."""
    return CallRecorderMediaSource(hass)


class CallRecorderMediaSource(MediaSource):
    """Browses the archives of all recorders."""

    name = "Call Recorder"

    def __init__(self, hass: HomeAssistant) -> None:
        """Browse for Home Assistant."""
        super().__init__(DOMAIN)
        self.hass = hass

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Open a folder."""
        if not item.identifier:
            entries = self._with_archive()
            children = [
                folder(str(Place(entry_id=entry.entry_id)), entry.title)
                for entry in entries
            ]
            return folder(None, "Call Recorder", children)
        place = _parse(item.identifier)
        entry = self._get_entry(place.entry_id)
        with _errors(entry, BrowseError):
            return await Browser(entry, await self._texts()).browse(place)

    @override
    async def async_search_media(
        self, item: MediaSourceItem, query: SearchMediaQuery
    ) -> SearchMedia:
        """Search below a folder, or in all archives."""
        if item.identifier:
            places = [_parse(item.identifier)]
        else:
            entries = self._with_archive()
            places = [Place(entry_id=entry.entry_id) for entry in entries]
        found: list[BrowseMediaSource] = []
        for place in places:
            entry = self._get_entry(place.entry_id)
            browser = Browser(entry, await self._texts())
            with _errors(entry, BrowseError):
                found += await browser.search(place, query.search_query.strip())
        return SearchMedia(result=found)

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Say where a recording is played, or why it cannot be."""
        entry_id, _, rest = item.identifier.partition("/")
        kind, _, token = rest.partition("/")
        recording_id = id_from_token(token)
        if kind != RECORDING or recording_id is None:
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key=ErrorKey.MEDIA_NOT_FOUND
            )
        try:
            entry = self._get_entry(entry_id)
        except BrowseError as err:
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key=err.translation_key
            ) from err
        client = entry.runtime_data.client
        with _errors(entry, Unresolvable):
            raise_if_not_playable(await client.get_recording(recording_id))
        return PlayMedia(recording_path(entry_id, recording_id), client.audio_type)

    def _with_archive(self) -> list[CallRecorderConfigEntry]:
        """Return the loaded recorders that have an archive."""
        return [
            entry
            for entry in self.hass.config_entries.async_loaded_entries(DOMAIN)
            if Capability.ARCHIVE in entry.runtime_data.client.capabilities
        ]

    def _get_entry(self, entry_id: str) -> CallRecorderConfigEntry:
        """Return a recorder that is loaded."""
        for entry in self.hass.config_entries.async_loaded_entries(DOMAIN):
            if entry.entry_id == entry_id:
                return entry
        raise BrowseError(
            translation_domain=DOMAIN, translation_key=ErrorKey.RECORDER_NOT_LOADED
        )

    async def _texts(self) -> dict[str, str]:
        """Return what folders are called in the language of the installation."""
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


def _parse(identifier: str) -> Place:
    """Read an identifier that somebody sent."""
    try:
        return Place.parse(identifier)
    except (ValueError, IndexError, OverflowError) as err:
        raise BrowseError(
            translation_domain=DOMAIN, translation_key=ErrorKey.MEDIA_NOT_FOUND
        ) from err
