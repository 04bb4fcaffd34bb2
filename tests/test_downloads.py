"""What the scripts download is pinned, and its hash is known."""

import json
from pathlib import Path
import re
from typing import Any, Final

import pytest

_ROOT: Final = Path(__file__).parents[1]
_REQUIREMENTS: Final = _ROOT / "scripts" / "requirements"
_SCRIPTS: Final = [
    path
    for path in (*(_ROOT / "scripts").iterdir(), _ROOT / ".ci" / "run")
    if path.is_file() and path.read_bytes().startswith(b"#!/bin/bash")
]
_MAKES_HASHES: Final = "lock"
"""The script that looks up what to pin takes what there is."""


def _commands(script: Path) -> list[str]:
    """Return a script's commands, each in one line, without comments."""
    text = re.sub(r"\\\n\s*", " ", script.read_text())
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]


def _names(requirements: str) -> set[str]:
    """Return the names of packages, as registries spell them."""
    names = re.findall(r"^[A-Za-z0-9][A-Za-z0-9._-]*", requirements, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in _REQUIREMENTS.glob("*.txt"))
)
def test_packages(name: str) -> None:
    """Every package is pinned with its hashes, and everything that is wanted is there."""
    text = (_REQUIREMENTS / f"{name}.txt").read_text()
    pinned = [line for line in text.replace("\\\n", " ").splitlines() if line]
    for line in pinned:
        assert re.match(r"[A-Za-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    wanted = (_REQUIREMENTS / f"{name}.in").read_text()
    assert _names(wanted) <= _names("\n".join(pinned))


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda path: path.name)
def test_installations(script: Path) -> None:
    """Nothing is installed, or built from source, without its hash."""
    for command in _commands(script):
        if script.name == _MAKES_HASHES or "pip " not in command:
            continue
        if re.search(r"pip (install|sync|download)", command):
            assert "--require-hashes" in command
        if "pip sync" in command:
            assert "--build-constraints scripts/requirements/build.txt" in command


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda path: path.name)
def test_other_downloads(script: Path) -> None:
    """All else comes from Debian, by its signatures, or from npm, by its lock."""
    for command in _commands(script):
        assert not re.search(r"\b(curl|wget|git clone|npx|npm install)\b", command)
        assert not re.search(r"trusted=yes|nauthenticated|AllowInsecure", command)
        assert "npm ci" not in command or "--ignore-scripts" in command


def test_packages_of_the_card() -> None:
    """Every package of the card's source has its hash."""
    lock: dict[str, Any] = json.loads(
        (_ROOT / "frontend" / "package-lock.json").read_text()
    )
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
