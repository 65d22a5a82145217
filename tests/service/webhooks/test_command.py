"""`weir webhooks verify`: what a receiver's developer asks when a message is refused."""

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from service.webhooks.signing import make_secret, signed_headers

BODY = b'{"type": "decision.made"}'


def verify(body: Path, headers: dict[str, str], secret: str) -> tuple[int, str]:
    given = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    done = CliRunner().invoke(app, ["webhooks", "verify", str(body), *given, "--secret", secret])
    return done.exit_code, done.stderr


@pytest.fixture
def body(tmp_path: Path) -> Path:
    file = tmp_path / "body.json"
    file.write_bytes(BODY)
    return file


def test_a_good_message_is_called_good(body: Path) -> None:
    secret = make_secret()
    code, said = verify(body, signed_headers([secret], "m", int(time.time()), BODY), secret)
    assert (code, said.strip()) == (0, "the signature is good")


def test_a_wrong_secret_is_one_red_line_and_not_shown(body: Path) -> None:
    secret, other = make_secret(), make_secret()
    code, said = verify(body, signed_headers([secret], "m", int(time.time()), BODY), other)
    assert (code, said.count("\n"), other in said) == (2, 1, False)
