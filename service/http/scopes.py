"""Scopes of the paths that `service.http.api` answers; the management routes name theirs themselves."""

from collections.abc import Mapping
from typing import Final

from service.access.principal import Scope
from service.http.comments import ANALYZE, SUGGEST
from service.http.models import MODELS, ONE_MODEL
from service.http.redactions import REDACTIONS

SCOPES: Final[Mapping[str, Scope]] = {
    "/v1/moderations": Scope.SCORE,
    "/v1/decisions": Scope.DECIDE,
    REDACTIONS: Scope.SCORE,
    ANALYZE: Scope.SCORE,
    SUGGEST: Scope.SCORE,
    MODELS: Scope.SCORE,
    ONE_MODEL: Scope.SCORE,
}
"""What a path asks of a key; everybody may see the others. Banks ask for `admin`."""
