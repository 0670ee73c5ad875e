"""The Python blocks of the documents run as they stand."""

from __future__ import annotations

import doctest
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "python" / "README.md"]
SYSTEM_FILE = re.compile(r"^```\n(# (\w+\.ham)\n.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page(page, tmp_path, monkeypatch):
    """In a folder with the data of the documents and the system files that the page shows."""
    for data in [*(ROOT / "docs").glob("*.csv"), *(ROOT / "examples" / "measured").iterdir()]:
        shutil.copy(data, tmp_path)
    for text, name in SYSTEM_FILE.findall(page.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    found = doctest.testfile(str(page), module_relative=False, optionflags=flags, encoding="utf-8")
    assert found.attempted > 0, "the page shows no Python"
    assert found.failed == 0
