"""Admission: who may see and change banks over HTTP.

Banks decide on people's posts, and reading them tells an abuser what is known. So every route wants the deployment's
one token or a key with the scope `admin` that belongs to no tenant, as banks are for all of them; a deployment without
either has no bank routes, and uses the command line on the machine.
"""

import hmac
from typing import Final

from pydantic import SecretStr

from service.access.gate import Gate
from service.access.principal import Scope
from service.errors import RequestError
from service.http.messages import Header, header

VARIABLE: Final = "WEIR_ADMIN_TOKEN"
CHALLENGE: Final[Header] = (b"www-authenticate", b"Bearer")
_SCHEME: Final = b"bearer "


class AdminToken:
    """The deployment's token, or the lack of one; a key that may administrate all tenants is as good."""

    def __init__(self, token: SecretStr | None, gate: Gate | None = None) -> None:
        self._token = token if token and token.get_secret_value() else None
        self._gate = gate

    def check(self, headers: list[Header]) -> None:
        """Let a request pass.

        Raises:
            RequestError: The deployment has no token (403), or the request does not bring it (401).

        """
        principal = None if self._gate is None else self._gate.identify(headers)
        if principal is not None and principal.key_id is not None:
            if not principal.may(Scope.ADMIN) or principal.tenant is not None:
                raise RequestError(403, "missing_scope", "banks want a key of no tenant with the scope admin")
            return
        if self._token is None:
            message = f"banks are closed over HTTP: set {VARIABLE}, or use `weir bank` on the server's machine"
            raise RequestError(403, "banks_closed", message)
        given = header(headers, b"authorization") or b""
        expected = self._token.get_secret_value().encode()
        if given[: len(_SCHEME)].lower() != _SCHEME or not hmac.compare_digest(given[len(_SCHEME) :].strip(), expected):
            raise RequestError(401, "unauthorized", "the request brings `Authorization: Bearer` with the admin token")
