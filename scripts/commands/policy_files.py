"""Policies as commands are given them: a file, or the version of a stored policy."""

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
