"""The bank routes as an endpoint: admitted by the admin token before a body is read, answered by a thread."""

import asyncio

from service.access.gate import Gate
from service.banks.admission import AdminToken
from service.engine import Engine
from service.http.banks import PREFIX, BankApi
from service.http.messages import Header, Request, Respond, Response
from service.known import build_signer
from service.vision.opening import media_limits


class BankEndpoint:
    """Everything under `/v1/banks`."""

    def __init__(self, api: BankApi, admin: AdminToken) -> None:
        self._api = api
        self._admin = admin

    def admit(self, headers: list[Header]) -> None:
        """Let a request bring its body.

        Raises:
            RequestError: It does not bring the admin token (401), or there is none (403).

        """
        self._admin.check(headers)

    def __call__(self, request: Request, respond: Respond) -> None:
        """Answer from a thread: the routes read and write the database."""
        answered = asyncio.get_running_loop().run_in_executor(
            None,
            self._api,
            request.method,
            request.path,
            request.query.decode("latin-1"),
            request.headers,
            bytes(request.body),
        )

        def settle(done: asyncio.Future[Response]) -> None:
            if not done.cancelled():
                respond(done.result())

        answered.add_done_callback(settle)


def is_bank_path(path: str) -> bool:
    """Whether a path belongs to the banks."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def build_bank_endpoint(engine: Engine, gate: Gate | None = None) -> BankEndpoint:
    """The bank routes over an engine."""
    admin = AdminToken(engine.settings.admin_token, gate)
    signer = build_signer(engine.models, media_limits(engine.settings))
    return BankEndpoint(BankApi(engine.database, engine.banks, signer, admin), admin)
