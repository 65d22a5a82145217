"""Envelopes: errors in the format of the API that a path belongs to."""

from typing import Final

import orjson

from service.errors import RequestError
from service.http.messages import Header, Response, error_response
from service.wire.perspective.errors import google_envelope

GOOGLE: Final = "/v1alpha1/"
"""First part of the paths of the Perspective format."""


def write_error(path: str, error: RequestError, headers: list[Header] | None = None) -> Response:
    """An error as clients of this path read it: in Google's envelope, or in that of the OpenAI API."""
    response = error_response(error, headers)
    if path.startswith(GOOGLE):
        response.body = orjson.dumps(google_envelope(error))
    return response
