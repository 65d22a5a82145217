"""Home: the folder in which monitoring keeps what it finds out, apart from the decision store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from monitoring.errors import MonitoringError

DEFAULT: Final = Path("weir-monitor")


@dataclass(frozen=True, slots=True)
class Home:
    """Where things are. `make` creates the folders.

    Attributes:
        path: the folder; one a deployment.

    """

    path: Path = DEFAULT

    @property
    def state(self) -> Path:
        """SQLite: runs, alarms, metrics over time."""
        return self.path / "state.db"

    @property
    def lock(self) -> Path:
        """Held by whoever runs."""
        return self.path / "run.lock"

    @property
    def references(self) -> Path:
        """Reference windows of production periods, one folder each."""
        return self.path / "references"

    @property
    def reports(self) -> Path:
        """HTML and JSON reports, a folder each."""
        return self.path / "reports"

    @property
    def workspace(self) -> Path:
        """The Evidently workspace behind the dashboards."""
        return self.path / "workspace"

    def make(self) -> "Home":
        """Create what is missing, readable by its owner alone.

        Raises:
            MonitoringError: the folder cannot be used.

        """
        try:
            for folder in (self.path, self.references, self.reports, self.workspace):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self.unusable(error) from error
        return self

    def unusable(self, error: OSError) -> MonitoringError:
        """What to tell of a folder that cannot be read or written."""
        return MonitoringError(
            f"the monitor's folder {self.path} cannot be used: {error.strerror}; see that it is a folder of yours, or "
            "name another one with --home"
        )
