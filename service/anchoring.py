"""Anchoring: relative paths of the settings, made absolute where the service is started.

Workers run in another folder than whoever starts them. Both must mean the same database and the same files, so the
paths are resolved once, against the current folder of `weir serve`, and passed on as the workers' environment.
"""

from collections.abc import Mapping
from pathlib import Path

from service.jobs.files import job_folder
from service.records.opening import parsed_url
from service.records.schema import sqlite_file
from service.settings import Settings


def anchored(environment: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment for workers, in which every path of the settings is absolute.

    Args:
        environment: that the settings were read from.
        settings: read in the current folder.

    Raises:
        DatabaseError: `WEIR_DATABASE_URL` is not a URL.

    """
    found = {"WEIR_DATABASE_URL": anchored_url(settings.database_url), "WEIR_JOBS_DIR": str(job_folder(settings))}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if isinstance(value, Path):
            found[f"WEIR_{name.upper()}"] = str(value)
    paths = {name: str(Path(value).absolute()) for name, value in found.items() if name != "WEIR_DATABASE_URL"}
    absolute = found | paths
    kept: dict[str, str] = {}
    for name, value in environment.items():
        if name.upper() == "WEIR_MODEL_ALIASES" and value and not value.lstrip().startswith("{"):
            kept[name] = str(Path(value).absolute())
        elif name.upper() not in absolute:  # variables are read in either case
            kept[name] = value
    return kept | absolute


def anchored_url(url: str) -> str:
    """The URL of a database, with the absolute path of an SQLite file; any other as it is."""
    parsed = parsed_url(url)
    path = sqlite_file(parsed)
    if path is None or path.is_absolute():
        return url
    return parsed.set(database=str(path.absolute())).render_as_string(hide_password=False)
