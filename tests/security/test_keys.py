"""Keys: who brings a good one comes in for what it is good for, and every other looks the same from outside."""

import hmac
import threading
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import select

from service.access import keyring
from service.access.keyring import Keyring
from service.access.keys import KeyDraft
from service.access.store import KeyStore
from service.access.tables import api_keys
from service.access.tokens import make_token, read_token
from service.records.tables import events
from tests.security.conftest import ADMIN_TOKEN, Guarded, Opened
from tests.service.conftest import asker

DECIDE = {"items": [{"text": "What a lovely day."}]}


def decide(guarded: Guarded, headers: dict[str, str], way: str = "asgi") -> httpx.Response:
    return guarded.ask(way)("POST", "/v1/decisions", json=DECIDE, headers=headers)


@pytest.mark.parametrize("way", ["asgi", "socket"])
@pytest.mark.parametrize("name", ["authorization", "x-api-key"])
def test_a_good_key_comes_in(guarded: Guarded, way: str, name: str) -> None:
    token = guarded.tokens["a-decide"]
    value = f"Bearer {token}" if name == "authorization" else token
    assert decide(guarded, {name: value}, way).status_code == 200


def _changed(token: str) -> str:
    return token[:-1] + ("a" if token[-1] != "a" else "b")


BAD: dict[str, Callable[[Guarded], dict[str, str]]] = {
    "none": lambda _: {},
    "empty": lambda _: {"authorization": ""},
    "no scheme": lambda g: {"authorization": g.tokens["a-decide"]},
    "another scheme": lambda g: {"authorization": f"Basic {g.tokens['a-decide']}"},
    "bearer of nothing": lambda _: {"authorization": "Bearer"},
    "an unknown id": lambda _: {"x-api-key": make_token()[1]},
    "a wrong secret": lambda g: {"x-api-key": _changed(g.tokens["a-decide"])},
    "a shorter secret": lambda g: {"x-api-key": g.tokens["a-decide"][:-1]},
    "a longer secret": lambda g: {"x-api-key": g.tokens["a-decide"] + "a"},
    "another key's secret": lambda g: {"x-api-key": g.tokens["a-decide"][:18] + g.tokens["b-decide"][18:]},
    "the id alone": lambda g: {"x-api-key": g.tokens["a-decide"][:17]},
    "another case": lambda g: {"x-api-key": g.tokens["a-decide"].upper()},
    "two keys": lambda g: {"authorization": f"Bearer {g.tokens['a-decide']}", "x-api-key": g.tokens["b-decide"]},
    "a long one": lambda _: {"x-api-key": "weir_" + "a" * 20_000},
    "the admin token cut": lambda _: {"x-api-key": ADMIN_TOKEN[:-1]},
    "SQL": lambda _: {"x-api-key": "weir_' OR 1=1 --"},
}


@pytest.mark.parametrize("way", ["asgi", "socket"])
@pytest.mark.parametrize("case", BAD)
def test_every_bad_key_gets_the_same_answer(guarded: Guarded, case: str, way: str) -> None:
    answer = decide(guarded, BAD[case](guarded), way)
    first = decide(guarded, {}, way)
    assert (answer.status_code, answer.json()) == (401, first.json())
    assert answer.headers["www-authenticate"] == 'Bearer realm="weir"'
    assert answer.headers.keys() == first.headers.keys()


def test_a_revoked_an_expired_and_a_rotated_key_are_as_good_as_unknown(guarded: Guarded) -> None:
    revoked, rotated, expired = guarded.make(), guarded.make(), guarded.make(expires_in_days=1)
    guarded.store.revoke(revoked[5:17], "test")
    guarded.store.rotate(rotated[5:17], "test")
    with guarded.engine.database.begin() as connection:
        connection.execute(api_keys.update().where(api_keys.c.id == expired[5:17]).values(expires_at_us=1))
    guarded.ring._revision = -1
    guarded.ring.poll()
    answers = [decide(guarded, {"x-api-key": token}) for token in (revoked, rotated, expired)]
    assert {answer.status_code for answer in answers} == {401}
    assert [answer.json() for answer in answers] == [decide(guarded, {}).json()] * 3


def test_a_rotated_key_is_good_with_its_new_token(guarded: Guarded) -> None:
    token = guarded.make()
    renewed = guarded.store.rotate(token[5:17], "test").token
    guarded.ring.poll()
    assert decide(guarded, {"x-api-key": renewed}).status_code == 200


def test_the_same_key_twice_is_one_key(guarded: Guarded) -> None:
    token = guarded.tokens["a-decide"]
    assert decide(guarded, {"x-api-key": token, "authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("case", BAD)
def test_every_attempt_is_compared_in_constant_time(
    guarded: Guarded, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return genuine(one, other)

    genuine = hmac.compare_digest
    monkeypatch.setattr(keyring.hmac, "compare_digest", compare)
    decide(guarded, BAD[case](guarded))
    assert compared == [(32, 32), (32, 32)], "with a key, and with the admin token; of hashes that are equally long"


def test_guessing_is_slowed_down_and_good_keys_are_not(opened: Opened) -> None:
    _, product, _ = opened(admin_token=ADMIN_TOKEN, require_keys=True)
    ask = asker("asgi", product)
    answers = [ask("POST", "/v1/decisions", headers={"x-api-key": f"guess-{n}"}, json=DECIDE) for n in range(320)]
    assert {answer.status_code for answer in answers} == {401, 429}
    assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded"
    assert int(answers[-1].headers["retry-after"]) >= 1
    good = ask("POST", "/v1/decisions", headers={"x-api-key": ADMIN_TOKEN}, json=DECIDE)
    assert good.status_code == 200


def test_a_key_without_the_scope_is_403(guarded: Guarded) -> None:
    answer = decide(guarded, guarded.bearer("a-score"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "missing_scope")
    assert 'scope="decide"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/decisions"), ("GET", "/v1/keys"), ("GET", "/v1/banks"), ("GET", "/v1/policies")],
)
def test_a_key_in_the_query_does_not_count(guarded: Guarded, method: str, path: str) -> None:
    answer = guarded.ask()(method, f"{path}?key={guarded.tokens['root']}", json=DECIDE if method == "POST" else None)
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/", "/openapi.json", "/metrics", "/assets/page.css"])
def test_what_everybody_may_see_needs_no_key(guarded: Guarded, path: str) -> None:
    assert guarded.ask()("GET", path).status_code == 200


def test_a_key_is_kept_as_a_hash_only(guarded: Guarded) -> None:
    secret = guarded.tokens["a-decide"][18:].encode()
    with guarded.engine.database.connect() as connection:
        rows = connection.execute(select(api_keys)).all()
        written = connection.execute(select(events.c.payload)).scalars().all()
    assert not any(secret in repr(row).encode() for row in rows)
    assert not any(secret.decode() in payload for payload in written)


def test_making_and_revoking_a_key_is_audited(guarded: Guarded) -> None:
    token = guarded.make()
    guarded.store.revoke(token[5:17], "test")
    with guarded.engine.database.connect() as connection:
        said = connection.execute(select(events.c.kind, events.c.payload)).all()
    assert [kind for kind, payload in said if token[5:17] in payload] == ["key.created", "key.revoked"]


def test_a_token_has_192_random_bits_and_more() -> None:
    tokens = {make_token()[1] for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert 62 ** len(tokens.pop().rpartition("_")[2]) > 2**192


def test_one_secret_hashes_differently_under_another_id() -> None:
    token = make_token()[1].encode()
    assert read_token(token).hash != read_token(b"weir_aaaaaaaaaaaa" + token[17:]).hash


def test_an_empty_admin_token_is_none(opened: Opened) -> None:
    _, product, _ = opened(admin_token="", require_keys=True)
    assert asker("asgi", product)("POST", "/v1/decisions", json=DECIDE).status_code == 401
    assert asker("asgi", product)("GET", "/v1/banks", headers={"authorization": "Bearer "}).status_code == 401


def test_revoking_the_last_key_does_not_open_the_door(opened: Opened) -> None:
    engine, product, ring = opened()

    store = KeyStore(engine.database)
    made = store.create(KeyDraft(name="only", scopes=("decide",)), "test")
    store.revoke(made.key.id, "test")
    ring.poll()
    assert asker("asgi", product)("POST", "/v1/decisions", json=DECIDE).status_code == 401


def test_a_database_that_is_gone_lets_nobody_in(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    _, product, ring = opened(require_keys=True)

    def gone() -> int:
        raise ConnectionError

    monkeypatch.setattr(ring._store, "revision", gone)
    ring._poller.poll_safely()
    assert asker("asgi", product)("POST", "/v1/decisions", json=DECIDE).status_code == 401


def test_a_revoked_key_is_refused_by_every_worker_within_its_next_look(opened: Opened) -> None:
    """Two keyrings over one database, each with its own thread: nobody wakes them."""

    engine, _, first = opened(require_keys=True)
    store = KeyStore(engine.database)
    second = Keyring(store)
    second.start()
    try:
        made = store.create(KeyDraft(name="x", scopes=("decide",)), "test")
        token, waited = made.token.encode(), threading.Event()
        while not (first.find(token) and second.find(token)):
            waited.wait(0.05)
        store.revoke(made.key.id, "test")
        while first.find(token) or second.find(token):
            waited.wait(0.05)
    finally:
        second.close()


def test_a_used_key_says_so_to_the_hour(guarded: Guarded) -> None:
    token = guarded.make()
    decide(guarded, {"x-api-key": token})
    guarded.ring.poll()
    used = guarded.store.key(token[5:17]).last_used_at
    assert used is not None
    assert (used.minute, used.second) == (0, 0)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["root"]}, "scopes.0"),
        ({"name": "", "scopes": ["score"]}, "name"),
        ({"name": "a\x00b", "scopes": ["score"]}, "name"),
        ({"name": "x", "scopes": ["score"], "rate": "fast"}, "rate"),
        ({"name": "x", "scopes": ["score"], "expires_in_days": 0}, "expires_in_days"),
        ({"name": "x", "scopes": ["score"], "tenant": "../b"}, "tenant"),
    ],
)
def test_a_bad_draft_is_400(guarded: Guarded, body: dict[str, object], param: str) -> None:
    answer = guarded.ask()("POST", "/v1/keys", json=body, headers=guarded.bearer("root"))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_a_rate_of_another_form_is_told_the_form(guarded: Guarded) -> None:
    body = {"name": "x", "scopes": ["score"], "rate": "100"}
    answer = guarded.ask()("POST", "/v1/keys", json=body, headers=guarded.bearer("root"))
    assert all(part in answer.json()["error"]["message"] for part in ("/s", "/m", "/h", "100/s"))


def test_webhooks_are_read_by_administrators(guarded: Guarded) -> None:
    read = {
        name: guarded.ask()("GET", "/v1/webhooks", headers=guarded.bearer(name)) for name in ("all-admin", "a-decide")
    }
    assert {name: answer.status_code for name, answer in read.items()} == {"all-admin": 200, "a-decide": 403}


def test_a_key_made_over_http_is_shown_once(guarded: Guarded) -> None:
    ask, headers = guarded.ask(), guarded.bearer("all-admin")
    made = ask("POST", "/v1/keys", json={"name": "shop", "scopes": ["score"]}, headers=headers).json()
    guarded.ring.poll()
    assert decide(guarded, {"x-api-key": made["token"]}).status_code == 403
    shown = ask("GET", f"/v1/keys/{made['key']['id']}", headers=headers)
    assert shown.json() == made["key"]
    assert made["token"][18:] not in ask("GET", "/v1/keys", headers=headers).text
