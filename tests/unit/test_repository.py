"""What is committed: no machine's paths, no registry's hosts, pins that match what the project asks for."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.environment import CORE, DEV, ROOT

# Written in parts, so that this file does not hold what it forbids.
REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("crates", "io"),
            ("rubygems", "org"),
            ("deb", "debian", "org"),
            ("unpkg", "com"),
            ("cdn", "jsdelivr"),
            ("cdnjs", "cloudflare"),
        )
    )
)
INDEX_OPTION = re.compile(r"^\s*(--(extra-)?index-url|-i\s|--find-links|--trusted-host)", re.MULTILINE)
# A folder of one machine: somebody's home, a work area, a temporary folder with a name of its own.
MACHINE_PATH = re.compile(r"(?<![\w.~:/<>})])/(home|Users|root|work|mnt|private/var)/[\w.-]+")
NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)


def committed() -> Iterator[tuple[str, bytes]]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    for name in listing.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and not path.is_symlink():
            yield name, path.read_bytes()


def texts() -> Iterator[tuple[str, str]]:
    for name, content in committed():
        if b"\0" not in content:
            yield name, content.decode("utf-8")


def found(pattern: re.Pattern[str]) -> list[str]:
    return [f"{name}: {match.group(0)}" for name, text in texts() for match in pattern.finditer(text)]


def test_no_committed_file_names_a_registry() -> None:
    assert found(REGISTRIES) == []
    assert [
        name for name, text in texts() if name.startswith("requirements") and INDEX_OPTION.search(text)
    ] == []


def test_no_committed_file_holds_a_path_of_one_machine() -> None:
    assert found(MACHINE_PATH) == []


def test_the_patterns_find_what_they_are_for() -> None:
    assert REGISTRIES.search("https://files." + "pythonhosted" + ".org/x")
    assert MACHINE_PATH.search("see /" + "home/somebody/notes.txt")
    assert MACHINE_PATH.search('open("/' + 'work/main/x")')
    assert not MACHINE_PATH.search("https://example.test/work/items")
    assert not MACHINE_PATH.search("<repo>/work/items and a/home/b")


def test_no_generated_or_secret_file_is_committed() -> None:
    names = [name for name, _ in committed()]
    suffixes = (".sqlite3", ".pyc", ".key", ".lock", ".log", ".sock", ".min.js", ".woff", ".woff2", ".ttf")
    assert [name for name in names if name.endswith(suffixes) or name.startswith(("var/", ".venv"))] == []


def test_no_committed_file_is_huge() -> None:
    assert [(name, len(content)) for name, content in committed() if len(content) > 1_500_000] == []


def normal(name: str) -> str:
    """A distribution's name as installers compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked() -> tuple[set[str], set[str]]:
    """(core, development) names that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    def names(lines: list[str]) -> set[str]:
        return {normal(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in lines}

    return names(project["project"]["dependencies"]), names(project["dependency-groups"]["dev"])


def pins(path: Path) -> dict[str, str]:
    return {normal(m.group(1)): m.string[m.end() :].split()[0] for m in NAME.finditer(path.read_text())}


def test_every_dependency_is_pinned_and_both_files_agree() -> None:
    core, development = asked()
    pinned, both = pins(CORE), pins(DEV)
    assert core <= set(pinned)
    assert core | development <= set(both)
    assert {name: both.get(name) for name in pinned} == pinned
    assert not (development - core) & set(pinned), "a development package among the core pins"


@pytest.mark.parametrize("path", [CORE, DEV], ids=lambda path: path.name)
def test_every_pin_has_hashes(path: Path) -> None:
    blocks = re.split(r"\n(?=\S)", path.read_text().strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_commands_use_the_standard_library_alone() -> None:
    """dev.py runs before anything is installed."""
    import ast
    import sys

    allowed = sys.stdlib_module_names | {"devtools"}
    for path in [ROOT / "dev.py", *(ROOT / "devtools").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(name.split(".")[0] in allowed for name in names), (path.name, names)
