"""`POST /v1/redactions`: a blurred copy of one image, for a page or a review tool. Nothing is decided or recorded."""

import time
from typing import Final

from models.contracts import FailureCode
from service.engine import Engine
from service.errors import failure_error
from service.http.messages import Header, Request, Respond, Response, error_response, header
from service.vision.finding import Posted
from service.vision.refusal import ItemRefusedError
from service.wire.redactions import read_raw_redaction, read_redaction

REDACTIONS: Final = "/v1/redactions"
_HEADERS: Final[tuple[Header, ...]] = ((b"content-type", b"image/jpeg"), (b"cache-control", b"no-store"))


class Redactions:
    """One image in, as JSON with a data URL or as its bytes; its redacted copy out, as JPEG."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, request: Request, respond: Respond) -> None:
        """Read, look, blur, answer."""
        engine, limits = self._engine, self._engine.limits.images
        if limits is None or engine.vision is None:
            raise failure_error(FailureCode.UNSUPPORTED_MODALITY)
        is_raw = (header(request.headers, b"content-type") or b"").lower().startswith(b"image/")
        if is_raw:
            data, redact = read_raw_redaction(request.body, request.query, limits)
        else:
            data, redact = read_redaction(request.body, limits)
        deadline = time.perf_counter() + engine.settings.deadline_ms / 1e3
        posted = Posted("", (data,), deadline, redact=redact, is_abandoned=request.is_abandoned)

        def answer(outcome: bytes | ItemRefusedError) -> None:
            if isinstance(outcome, ItemRefusedError):
                param = "body" if is_raw else "image.url"
                respond(error_response(failure_error(outcome.code, param, str(outcome))))
            else:
                respond(Response(200, [*_HEADERS], outcome))

        engine.vision.examiner.redact(posted, answer)
