"""The repository: what HACS, the Marketplace and the integration's pages need."""

from collections.abc import Iterator
import json
from pathlib import Path
import struct
import tomllib

from awesomeversion import AwesomeVersion
import voluptuous as vol
from voluptuous.humanize import humanize_error

from . import integration


def _version(value: object) -> str:
    """Validate a version of Home Assistant."""
    if not isinstance(value, str) or not AwesomeVersion(value).valid:
        raise vol.Invalid(f"{value!r} is no version")
    return value


# No zip_release: the Marketplace would refuse it and use GitHub's API, whose limit is soon reached.
HACS = vol.Schema(
    {
        vol.Required("name"): str,
        vol.Optional("hide_default_branch"): bool,
        vol.Required("homeassistant"): _version,
        vol.Optional("persistent_directory"): str,
    }
)
# Width and height; None: any.
_BRAND = {
    "icon.png": ((256, 256), (256, 256)),
    "icon@2x.png": ((512, 512), (512, 512)),
    "logo.png": ((128, 128), (10_000, 256)),
    "logo@2x.png": ((256, 256), (10_000, 512)),
}


def problems(root: Path) -> Iterator[str]:
    """Yield the problems of the repository."""
    hacs = json.loads((root / "hacs.json").read_text())
    try:
        HACS(hacs)
    except vol.Invalid as err:
        yield f"hacs.json: {humanize_error(hacs, err)}"
    manifest = json.loads((integration(root) / "manifest.json").read_text())
    if hacs.get("name") != manifest["name"]:
        yield "hacs.json and the manifest name the integration differently"
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    if project["version"] != manifest["version"]:
        yield f"the manifest has version {manifest['version']}, pyproject.toml {project['version']}"
    folders = {
        path.parent.name
        for path in (root / "custom_components").glob("*/manifest.json")
    }
    if len(folders) != 1:
        yield f"custom_components has to have one integration, and has {sorted(folders)}"
    for name in ("README.md", "LICENSE"):
        if not (root / name).is_file():
            yield f"{name} is missing"
    yield from _brand(integration(root) / "brand")


def _brand(folder: Path) -> Iterator[str]:
    """Yield the problems of the brand's images."""
    for name in _BRAND:
        if not (folder / name).is_file():
            yield f"brand/{name} is missing"
    for path in sorted(folder.iterdir()):
        name = path.name.removeprefix("dark_")
        size = _size(path)
        if name not in _BRAND or size is None:
            yield f"brand/{path.name} is no picture of a brand"
            continue
        least, most = _BRAND[name]
        if not all(
            low <= its <= high for low, its, high in zip(least, size, most, strict=True)
        ):
            yield f"brand/{path.name} has {size[0]} by {size[1]} pixels"


def _size(path: Path) -> tuple[int, int] | None:
    """Return the width and height of a PNG file."""
    head = path.read_bytes()[:24]
    if head[:8] != b"\x89PNG\r\n\x1a\n" or len(head) < 24:
        return None
    width, height = struct.unpack(">II", head[16:])
    return width, height
