"""Settings of monitoring: the environment, read in one place. `WEIR_MONITOR_...`, and where the decisions are."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from monitoring.errors import MonitoringError
from monitoring.home import DEFAULT

_BUNDLES: Final = Path(__file__).resolve().parents[1] / "models" / "bundles"


class MonitorSettings(BaseSettings):
    """What a deployment decides about its monitoring.

    Attributes:
        home: folder for what monitoring finds out.
        source: the decision store (a database URL), or a Parquet file or a folder of them; by default the store of the
            server, `WEIR_DATABASE_URL`.
        rules: YAML file of alarm rules; the shipped ones when unset.
        webhook: address that alarms are sent to.
        webhook_secret: signs them, `whsec_...`; unsigned without.
        bundles: folder of the server's bundles, with the references that come with them; `WEIR_BUNDLES`.
        max_rows: decisions of a window that are kept in memory; larger windows are sampled.
        keep_days: so long snapshots of the dashboards and reports are kept after they were written.
        nice: low priority by default, so that a server on the same cores goes first; 0 leaves it as it is, 19 is least.

    """

    model_config = SettingsConfigDict(
        env_prefix="WEIR_MONITOR_", env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    home: Path = DEFAULT
    source: str | None = None
    database_url: Annotated[str, Field(validation_alias="WEIR_DATABASE_URL")] = "sqlite:///weir.db"
    rules: Path | None = None
    webhook: str | None = None
    webhook_secret: SecretStr | None = None
    bundles: Annotated[Path, Field(validation_alias="WEIR_BUNDLES")] = _BUNDLES
    max_rows: Annotated[int, Field(ge=100, le=10_000_000)] = 50_000
    keep_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    nice: Annotated[int, Field(ge=0, le=19)] = 10

    @property
    def decisions(self) -> str:
        """Where the decisions are."""
        return self.source or self.database_url


def load_settings() -> MonitorSettings:
    """Read the environment.

    Raises:
        MonitoringError: a variable has an illegal value; the message names it.

    """
    try:
        return MonitorSettings()
    except ValidationError as error:
        problems = (
            f"WEIR_MONITOR_{str(entry['loc'][0]).upper()}: {entry['msg']}"
            for entry in error.errors(include_input=False)
        )
        raise MonitoringError("; ".join(problems)) from None
