"""Checks that a checkout can be released, and prints the notes of a release from the changelog.

Usage: scripts/release --check [--tag TAG] | --notes
"""

import argparse
from collections.abc import Iterator
import io
import json
from pathlib import Path
import re
import subprocess
import sys
import zipfile

from . import __main__ as rules, integration

# Files that the archive of a release may have beside the integration: the Marketplace shows or links them.
_PAGES = re.compile(r"blueprints/.+|docs/.+\.md|hacs\.json|LICENSE|[A-Z]+\.md")


def version(root: Path) -> str:
    """Return the version in the manifest."""
    manifest = json.loads((integration(root) / "manifest.json").read_text())
    return str(manifest["version"])


def notes(root: Path) -> str | None:
    """Return the changelog's section of the manifest's version, None if it has none."""
    changes = (root / "CHANGELOG.md").read_text()
    heading = rf"^## \[{re.escape(version(root))}\] - \d{{4}}-\d{{2}}-\d{{2}}$"
    match = re.search(
        heading + r"\n(.*?)(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL
    )
    return match[1].strip() if match else None


def problems(root: Path, tag: str | None = None) -> Iterator[str]:
    """Yield the problems that prevent a release."""
    for group, found in rules.GROUPS.items():
        yield from (f"{group}: {problem}" for problem in found(root))
    if tag is not None and tag != f"v{version(root)}":
        yield f"the tag is {tag}, and the manifest has version {version(root)}"
    if not notes(root):
        yield f"CHANGELOG.md has no section for version {version(root)} and its date"
    if _git(root, "status", "--porcelain"):
        yield "there are changes that are not committed"
    yield from _archive(root)


def _archive(root: Path) -> Iterator[str]:
    """Yield the problems of the archive that the Marketplace installs."""
    with zipfile.ZipFile(
        io.BytesIO(_git(root, "archive", "--format=zip", "HEAD"))
    ) as archive:
        archived = {name for name in archive.namelist() if not name.endswith("/")}
    committed = set(
        _git(root, "ls-tree", "-r", "--name-only", "HEAD").decode().splitlines()
    )
    installed = {name for name in committed if name.startswith("custom_components/")}
    for name in sorted(installed - archived):
        yield f"the archive lacks {name}"
    for name in sorted(archived - installed):
        if not _PAGES.fullmatch(name):
            yield f"the archive has {name}, which only developers need"


def _git(root: Path, *arguments: str) -> bytes:
    """Return the output of a git command."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True).stdout


def main(arguments: list[str], root: Path) -> int:
    """Check or print, as the arguments ask, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="release", description="Check a release, or print its notes."
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--check", action="store_true", help="say what stands in the way of a release"
    )
    action.add_argument(
        "--notes", action="store_true", help="print the notes of the changelog"
    )
    parser.add_argument("--tag", help="the tag that the release is to have")
    options = parser.parse_args(arguments)
    if options.notes:
        print(notes(root) or "")
        return 0 if notes(root) else 1
    found = list(problems(root, options.tag))
    for problem in found:
        print(f"release: {problem}")
    if not found:
        print(f"release: v{version(root)} can be released, once .ci/run has passed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
