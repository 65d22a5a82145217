"""Images whose address is on the network: fetched where the deployment says so, and never from inside."""

import asyncio
import base64
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import FailureCode
from service.engine import Engine, open_engine
from service.fetching.images import MAX_PER_REQUEST, RemoteImage
from service.fetching.opening import read_rules
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.settings import Settings, SettingsError
from service.wire.images import read_image_url
from service.wire.limits import ImageLimits
from tests.security.outside import answer, outside
from tests.security.test_connection import resolving
from tests.security.test_ssrf import FORMS, LITERALS
from tests.service.conftest import asker
from tests.service.vision.seeing import GREEN, SpellingReader, picture, png, seeing_models

PICTURE = png(picture(GREEN))


def open_product(folder: Path, **more: object) -> tuple[Engine, ProductApp]:
    settings = Settings.model_validate(
        {
            "database_url": f"sqlite:///{folder / 'weir.db'}",
            "metrics_dir": folder / "metrics",
            "max_images": 4,
            "max_image_bytes": 100_000,
            "fetch_images": True,
            "fetch_timeout_ms": 2_000,
        }
        | more
    )
    engine = open_engine(settings, seeing_models, SpellingReader())
    app = ProductApp()
    app.api = build_api(engine)
    return engine, app


@pytest.fixture(scope="module")
def fetching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, ProductApp]]:
    """Fetches over http from any port of this machine, and from nowhere else inside."""
    engine, app = open_product(
        tmp_path_factory.mktemp("fetching"),
        fetch_schemes="http,https",
        fetch_ports=",".join(["80", "443", *map(str, range(1024, 65536))]),
        fetch_networks="127.0.0.0/8",
    )
    yield engine, app
    assert asyncio.run(engine.close()) == 0


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductApp]:
    """Fetches as it does by default, once it is on."""
    engine, app = open_product(tmp_path_factory.mktemp("strict"), fetch_schemes="http,https")
    yield app
    assert asyncio.run(engine.close()) == 0


def decide(app: ProductApp, *urls: str) -> dict[str, Any]:
    item = {"images": [{"url": url} for url in urls]}
    results: list[dict[str, Any]] = asker("asgi", app)("POST", "/v1/decisions", json={"items": [item]}).json()[
        "results"
    ]
    return results[0]


@pytest.mark.parametrize("url", [*LITERALS, *FORMS])
def test_no_form_of_an_address_inside_is_asked(strict: ProductApp, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask_nobody(*_: object, **__: object) -> None:
        pytest.fail("a name was asked, or a connection made")

    monkeypatch.setattr(socket, "getaddrinfo", ask_nobody)
    monkeypatch.setattr(socket, "create_connection", ask_nobody)
    result = decide(strict, url)
    assert (result["outcome"], result["code"]) == ("failed", "remote_image_refused")
    assert url.strip() not in result["message"]


def test_a_picture_from_outside_is_decided_like_one_that_was_posted(fetching: tuple[Engine, ProductApp]) -> None:
    _, app = fetching
    with outside(answer(PICTURE)) as server:
        fetched = decide(app, server.url("/a.png"))
    posted = decide(app, f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}")
    assert fetched["scores"] == posted["scores"]
    assert (fetched["outcome"], fetched["action"]) == ("decided", posted["action"])


def test_moderations_fetch_as_well(fetching: tuple[Engine, ProductApp]) -> None:
    with outside(answer(PICTURE)) as server:
        parts = [{"type": "image_url", "image_url": {"url": server.url()}}]
        got: httpx.Response = asker("asgi", fetching[1])("POST", "/v1/moderations", json={"input": parts})
    assert got.status_code == 200


def test_nothing_is_told_to_the_other_side(fetching: tuple[Engine, ProductApp]) -> None:
    with outside(answer(PICTURE)) as server:
        decide(fetching[1], server.url())
    names = {line.partition(b":")[0] for line in server.asked[0].split(b"\r\n")[1:] if line}
    assert names == {b"host", b"accept", b"accept-encoding", b"connection", b"user-agent"}


def test_a_redirect_is_followed(fetching: tuple[Engine, ProductApp]) -> None:
    with outside(answer(b"", "302 Found", location="/b.png"), answer(PICTURE)) as server:
        assert decide(fetching[1], server.url("/a.png"))["outcome"] == "decided"
    assert server.asked[1].startswith(b"GET /b.png ")


INSIDE = (
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://[::1]/",
    "http://localhost./",
    "http://0x7f000001/",
    "http://user@127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_",
    "ftp://127.0.0.1/",
    "//169.254.169.254/",
    "\\\\169.254.169.254\\",
    "http://127.0.0.1:22/",
    "http://[bad/",
)


@pytest.mark.parametrize("location", INSIDE)
def test_a_redirect_inside_is_not_followed(fetching: tuple[Engine, ProductApp], location: str) -> None:
    with outside(answer(b"", "302 Found", location=location), answer(PICTURE)) as server:
        result = decide(fetching[1], server.url())
    assert result["outcome"] == "failed"
    assert result["code"] in ("remote_image_refused", "remote_image_failed")


def test_a_redirect_to_a_name_that_leads_inside_is_not_followed(
    fetching: tuple[Engine, ProductApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: int) -> object:
        return resolving("10.0.0.1")(host, port) if host == "cdn.example.com" else genuine(host, port, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with outside(answer(b"", "307 Temporary Redirect", location="http://cdn.example.com/a.png")) as server:
        assert decide(fetching[1], server.url())["code"] == "remote_image_refused"


def test_redirects_end(fetching: tuple[Engine, ProductApp]) -> None:
    again = answer(b"", "302 Found", location="/again")
    with outside(*[again] * 10) as server:
        assert decide(fetching[1], server.url())["code"] == "remote_image_failed"
    assert len(server.asked) == 4


BAD_ANSWERS = {
    "another type": (answer(PICTURE, content_type="text/html"), "remote_image_failed"),
    "no type": (answer(PICTURE, content_type="-"), "remote_image_failed"),
    "compressed": (answer(PICTURE, content_encoding="gzip"), "remote_image_failed"),
    "a bomb that says it is one": (answer(b"\x1f\x8b" + b"0" * 1000, content_encoding="br"), "remote_image_failed"),
    "empty": (answer(b""), "remote_image_failed"),
    "too long": (answer(b"x" * 100_001), "image_too_large"),
    "too long, and does not say so": (
        b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\n" + b"x" * 100_001,
        "image_too_large",
    ),
    "says it is too long": (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", "image_too_large"),
    "404": (answer(PICTURE, "404 Not Found"), "remote_image_failed"),
    "206": (answer(PICTURE, "206 Partial Content"), "remote_image_failed"),
    "not HTTP": (b"220 smtp\r\n", "remote_image_failed"),
    "nothing": (b"", "remote_image_failed"),
    "not an image": (answer(b"<svg onload=alert(1)>", content_type="image/svg+xml"), "unsupported_image_format"),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_a_bad_answer_is_a_typed_failure(fetching: tuple[Engine, ProductApp], case: str) -> None:
    sent, code = BAD_ANSWERS[case]
    with outside(sent) as server:
        assert decide(fetching[1], server.url())["code"] == code


def test_a_bad_image_fails_alone(fetching: tuple[Engine, ProductApp]) -> None:
    items = [{"images": [{"url": "http://10.0.0.1/"}]}, {"text": "What a lovely day."}]
    got = asker("asgi", fetching[1])("POST", "/v1/decisions", json={"items": items}).json()["results"]
    assert [entry["outcome"] for entry in got] == ["failed", "decided"]


def test_one_request_has_few_images_fetched(fetching: tuple[Engine, ProductApp]) -> None:
    items = [{"images": [{"url": "http://10.0.0.1/"}]}] * (MAX_PER_REQUEST + 1)
    got = asker("asgi", fetching[1])("POST", "/v1/decisions", json={"items": items})
    assert (got.status_code, got.json()["error"]["code"]) == (400, "too_many_remote_images")


def test_an_image_to_come_takes_the_room_of_the_largest() -> None:
    assert len(RemoteImage("https://example.com/", 8_000)) == 8_000


def test_a_service_that_fetches_nothing_says_so() -> None:
    limits = ImageLimits(1, 100)
    assert read_image_url("https://example.com/a.png", limits) is FailureCode.REMOTE_IMAGES_OFF


@given(st.text(max_size=40))
def test_whatever_the_url_is_there_is_an_image_or_a_failure(url: str) -> None:
    rules = read_rules(Settings(fetch_images=True))
    found = read_image_url(url, ImageLimits(1, 100, rules))
    assert isinstance(found, (bytes, RemoteImage, FailureCode))


@pytest.mark.parametrize(
    "given", [{"fetch_ports": "0"}, {"fetch_ports": "70000"}, {"fetch_networks": "10.0.0.1/8"}, {"fetch_networks": "x"}]
)
def test_illegal_lists_are_refused_at_start(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="WEIR_FETCH_"):
        read_rules(Settings.model_validate({"fetch_images": True} | given))
