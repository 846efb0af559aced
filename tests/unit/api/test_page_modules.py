"""The pure modules of the live page, tested in their own language."""

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).with_name("page.test.mjs")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Debian's nodejs")
def test_the_modules_of_the_page() -> None:
    done = subprocess.run(["node", "--test", TESTS], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
