"""Documents: a stored policy read again, and the proof that it can decide."""

from collections.abc import Sequence

from service.bundles import LoadedModels
from service.policy.compiling import Scoring, compile_policy, require_rules
from service.policy.document import PolicyDocument, PolicyError, parse_policy
from service.rollout.errors import UnusablePolicyError
from service.rollout.values import StoredPolicy


def reopen(stored: StoredPolicy) -> PolicyDocument:
    """The document that was stored.

    Raises:
        PolicyError: This release of Weir reads policies in another way than the one that stored it.

    """
    return parse_policy(stored.text, f"policy {stored.version}")


def require_usable(document: PolicyDocument, scorings: Sequence[Scoring]) -> None:
    """Compile a policy for the bundles that serve, and throw the result away.

    Raises:
        UnusablePolicyError: It cannot decide with them.

    """
    try:
        require_rules(compile_policy(document, scorings))
    except PolicyError as error:
        raise UnusablePolicyError(str(error)) from None


def scorings(models: LoadedModels) -> list[Scoring]:
    """What a policy has to know of the bundles that serve."""
    serving = [model for model in (models.text, *models.images, models.joint) if model is not None]
    return [Scoring(model.bundle.digest, model.scorer.labels, model.thresholds) for model in serving]
