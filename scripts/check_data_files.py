"""Loads every YAML and JSON file as Home Assistant would, and prints those that cannot be loaded."""

from collections.abc import Callable
from pathlib import Path
import subprocess
import sys

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import load_json
from homeassistant.util.yaml import load_yaml

LOADERS: dict[str, Callable[[str], object]] = {
    ".json": load_json,
    ".yaml": load_yaml,
    ".yml": load_yaml,
}


def data_files() -> list[Path]:
    """Return the YAML and JSON files that git tracks or would add."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    )
    paths = map(Path, listing.stdout.splitlines())
    return [path for path in paths if path.suffix in LOADERS and path.exists()]


def problem(path: Path) -> str | None:
    """Return the error of loading a file, None if it can be loaded."""
    try:
        LOADERS[path.suffix](str(path))
    except HomeAssistantError as err:
        return f"{path}: {err}"
    return None


def main() -> int:
    """Check all files and return the exit code."""
    problems = [text for text in map(problem, data_files()) if text]
    for text in problems:
        print(text)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
