"""Documents: a stored policy read again, and the proof that it can decide."""

from service.bundles import LoadedModels
from service.identity import UuidSource
from service.panel import build_panel
from service.policy.document import PolicyDocument, PolicyError, parse_policy
from service.rollout.errors import UnusablePolicyError
from service.rollout.values import StoredPolicy


def reopen(stored: StoredPolicy) -> PolicyDocument:
    """The document that was stored.

    Raises:
        PolicyError: This release of Weir reads policies in another way than the one that stored it.

    """
    return parse_policy(stored.text, f"policy {stored.version}")


def require_usable(document: PolicyDocument, models: LoadedModels) -> None:
    """Compile a policy for the bundles that serve, and throw the result away.

    Raises:
        UnusablePolicyError: It cannot decide with them.

    """
    try:
        build_panel(document, models, UuidSource())
    except PolicyError as error:
        raise UnusablePolicyError(str(error)) from None
