"""The wheel brings everything that the package reads at run time."""

from importlib.resources import files
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_the_whole_package() -> None:
    """SQL, Lua, the page, templates, model files: also what the version control ignores."""
    source = ROOT / "src"
    there = {str(path.relative_to(source)) for path in (source / "groundswell").rglob("*") if path.is_file()}
    compiled = {name for name in there if "__pycache__" in name}
    packed = {str(file.distribution_path) for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert packed == there - compiled
    assert {Path(name).suffix for name in packed} >= {".py", ".sql", ".lua", ".html", ".css", ".js", ".typed"}


def test_the_package_says_that_it_is_typed() -> None:
    assert (files("groundswell") / "py.typed").is_file()
