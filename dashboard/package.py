"""Lets no wheel be built that lacks the dashboard."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Refuses to pack what was not built; an editable install needs it only when it is looked at."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raise where a wheel for others would have no dashboard."""
        del build_data
        page = Path(self.root) / "src" / "groundswell" / "api" / "page" / "index.html"
        if version == "standard" and not page.is_file():
            raise FileNotFoundError(
                "The dashboard is not built; run `make dashboard` before a wheel is made."
            )
