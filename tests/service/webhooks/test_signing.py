"""Signatures by the Standard Webhooks specification."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.webhooks.schedule import DELAYS_S, JITTER, delay_s
from service.webhooks.signing import SignatureError, make_secret, signed_headers, verify

NOW = 1_700_000_000
SECRETS = st.binary(min_size=24, max_size=64)


def test_the_signature_is_that_of_the_specification_s_example() -> None:
    """Source: the test vector of the reference libraries of Standard Webhooks."""
    headers = signed_headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(body=st.binary(max_size=200), other=st.binary(max_size=200), message_id=st.text("abc-0", min_size=1))
def test_a_message_verifies_as_it_was_sent_and_in_no_other_form(body: bytes, other: bytes, message_id: str) -> None:
    secret = make_secret()
    headers = signed_headers([secret], message_id, NOW, body)
    verify(secret, headers, body, NOW)
    for wrong in (
        (make_secret(), headers, body),
        (secret, headers | {"webhook-id": message_id + "x"}, body),
        (secret, headers | {"webhook-timestamp": str(NOW + 1)}, body),
        (secret, headers | {"webhook-signature": "v2,AAAA"}, body),
        *([(secret, headers, other)] if other != body else []),
    ):
        with pytest.raises(SignatureError):
            verify(*wrong, NOW)


@pytest.mark.parametrize("away_s", [301, -301, 10_000_000])
def test_an_old_message_is_not_trusted(away_s: int) -> None:
    secret = make_secret()
    with pytest.raises(SignatureError, match="300 s"):
        verify(secret, signed_headers([secret], "m", NOW + away_s, b""), b"", NOW)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_its_headers_is_not_trusted(missing: str) -> None:
    secret = make_secret()
    headers = signed_headers([secret], "m", NOW, b"")
    del headers[missing]
    with pytest.raises(SignatureError):
        verify(secret, headers, b"", NOW)


def test_attempts_come_later_and_later_and_end() -> None:
    assert list(DELAYS_S) == sorted(DELAYS_S)
    for n_attempts, planned in enumerate(DELAYS_S, 1):
        delay = delay_s(n_attempts)
        assert delay is not None
        assert planned <= delay <= planned * (1 + JITTER)
    assert delay_s(len(DELAYS_S) + 1) is None


def test_the_function_in_the_documents_agrees() -> None:
    page = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    secret, body, now_s = make_secret(), b'{"type": "x"}', int(time.time())
    headers = signed_headers([secret, make_secret()], "m", now_s, body)
    assert names["is_ours"](secret, headers, body)
    assert not names["is_ours"](secret, headers, body + b" ")
    assert not names["is_ours"](secret, signed_headers([secret], "m", now_s - 1_000, body), body)
