"""What commands on policies are given: a file or the version of a stored policy, and the banks that there are."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.policy.document import PolicyDocument
    from service.rollout.desk import Desk


def file_or_stored(desk: "Desk", policy: str) -> "PolicyDocument":
    """The policy in a file, or the stored policy of a version.

    Raises:
        PolicyError, RolloutError: There is none, or it is not legal.

    """
    from service.policy.document import load_policy
    from service.rollout.documents import reopen

    return load_policy(Path(policy)) if names_file(policy) else reopen(desk.policies.policy(policy))


def names_file(policy: str) -> bool:
    """Whether this is a file; everything else is a version."""
    path = Path(policy)
    return path.is_file() or bool(path.suffix) or len(path.parts) > 1


def known_banks() -> frozenset[str] | None:
    """Names of the banks in the database; None where there is none. It is read, never made or migrated."""
    from sqlalchemy import create_engine, select
    from sqlalchemy.exc import SQLAlchemyError

    from service.banks.tables import banks
    from service.records.opening import missing_file
    from service.records.schema import DatabaseError
    from service.settings import SettingsError, load_settings

    try:
        url = load_settings().database_url
        if missing_file(url) is not None:
            return None
        database = create_engine(url)
    except (DatabaseError, SettingsError, SQLAlchemyError, ImportError):  # ImportError: its driver is not installed
        return None
    try:
        with database.connect() as connection:
            return frozenset(connection.execute(select(banks.c.name)).scalars())
    except SQLAlchemyError:
        return None
    finally:
        database.dispose()
