"""Addresses that attackers write: none of them leads anywhere, and none is asked for its name first."""

import time
from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.fetching.addresses import is_public
from service.fetching.connection import Connector
from service.fetching.errors import FetchRefusedError
from service.fetching.rules import FetchRules
from service.fetching.target import read_target

RULES = FetchRules(schemes=frozenset({"https", "http"}), ports=frozenset({443, 80}))

LITERALS = (
    # loopback, plainly and in disguise
    "http://127.0.0.1/",
    "http://127.0.0.1:80/",
    "http://127.1.2.3/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://0177.0000.0000.0001/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://127.0.0.01/",
    "http://127.0.0.0x1/",
    "http://00000127.0.0.1/",
    "http://127.0.0.256/",
    "http://0x/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://localhost.localdomain/",
    "http://a.localhost/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    # IPv6 that carries IPv4
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[2606:4700::5efe:a00:1]/",
    "http://[2606:4700::200:5efe:a00:1]/",
    # private and special networks
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://192.0.0.8/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://198.51.100.7/",
    "http://203.0.113.7/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456:789a::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
    # the metadata of clouds
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://0251.0376.0251.0376/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://metadata/",
    "http://metadata.google.internal/",
    "http://instance-data/",
)
FORMS = (
    # other schemes
    "file:///etc/passwd",
    "ftp://example.com/a.png",
    "gopher://example.com:70/_",
    "dict://example.com:11211/",
    "ldap://example.com/",
    "jar:http://example.com!/",
    "javascript:alert(1)",
    "ws://example.com/",
    "//example.com/a.png",
    "/etc/passwd",
    "http:example.com/",
    "http:/example.com/",
    "http:///example.com/",
    "https://",
    "https:///",
    "https://?",
    "https://#",
    # userinfo
    "http://example.com@127.0.0.1/",
    "http://user:pass@example.com/",
    "http://127.0.0.1@example.com/",
    "http://example.com%40127.0.0.1/",
    "http://example.com\\@127.0.0.1/",
    "http://example.com:80@127.0.0.1:22/",
    "http://@example.com/",
    # backslashes, blanks, controls
    "http:\\\\example.com\\",
    "http://127.0.0.1\\.example.com/",
    "http://exa mple.com/",
    " http://example.com/",
    "http://example.com/ ",
    "http://exam\tple.com/",
    "http://example.com/\r\nHost: inside",
    "http://example.com/\nx",
    "http://example.com/\x00",
    "http://example.com\x00.org/",
    "http://example.com/a\x7f",
    # ports
    "http://example.com:22/",
    "http://example.com:6379/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:99999999/",
    "http://example.com:080:80/",
    "http://example.com:/",
    "http://example.com:-80/",
    "http://example.com:+80/",
    "http://example.com:8_0/",
    # escapes and other letters
    "http://%6c%6f%63%61%6c%68%6f%73%74/",
    "http://127%2e0%2e0%2e1/",
    "http://example%2ecom/",
    "http://ⓔⓧⓐⓜⓟⓛⓔ.com/",
    "http://127。0。0。1/",
    "http://127.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://exаmple.com/",
    "http://loc\u00adalhost/",
    "http://local\u200dhost/",
    # brackets
    "http://[::1/",
    "http://::1/",
    "http://[::1%25lo]/",
    "http://[fe80::1%eth0]/",
    "http://[v1.x]/",
    "http://[127.0.0.1]/",
    "http://[]/",
    "http://[::1].example.com/",
    # names that are none
    "http://example/",
    "http://.example.com/",
    "http://example..com/",
    "http://example.com./",
    "http://-example.com/",
    "http://example-.com/",
    "http://exam_ple.com/",
    "http://a." + "b" * 64 + ".com/",
    "http://" + "a." * 127 + "com/",
    "http://printer.local/",
    "http://10.0.0.1.internal/",
    "http://db.corp/",
    "http://example.com/" + "a" * 2_048,
)


def refused(url: str) -> None:
    """Neither reads as a target nor reaches an address; no name is asked, so this needs no network."""
    connector = Connector(RULES)
    target = read_target(url, RULES)
    assert target.address is not None, "a name would have been asked"
    connector.addresses(target, time.monotonic() + 1)


def test_the_table_has_more_than_sixty_forms() -> None:
    assert len({*LITERALS, *FORMS}) > 120


@pytest.mark.parametrize("url", [*LITERALS, *FORMS])
def test_no_form_of_an_address_inside_is_followed(url: str) -> None:
    with pytest.raises(FetchRefusedError):
        refused(url)


@pytest.mark.parametrize("url", [*LITERALS, *FORMS])
def test_a_refusal_never_quotes_the_address(url: str) -> None:
    with pytest.raises(FetchRefusedError) as caught:
        refused(url)
    assert url.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("HTTPS://EXAMPLE.com/A?b=c#d", "example.com", 443, "/A?b=c"),
        ("http://example.com:80?x", "example.com", 80, "/?x"),
        ("https://xn--bcher-kva.example.com/%C3%BC", "xn--bcher-kva.example.com", 443, "/%C3%BC"),
        ("https://8.8.8.8/a", "8.8.8.8", 443, "/a"),
        ("https://[2606:4700:4700:0::1111]/", "2606:4700:4700::1111", 443, "/"),
    ],
)
def test_a_public_address_is_read(url: str, host: str, port: int, path: str) -> None:
    target = read_target(url, RULES)
    assert (target.host, target.port, target.path) == (host, port, path)


def test_an_ipv6_host_goes_in_brackets() -> None:
    rules = FetchRules(ports=None)
    assert read_target("https://[2606:4700::1]:8443/", rules).authority == "[2606:4700::1]:8443"


def test_http_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(FetchRefusedError, match="scheme is https"):
        read_target("http://example.com/", FetchRules())


@pytest.mark.parametrize("host", ["example.org", "sub.example.com", "badexample.com"])
def test_with_a_list_of_hosts_no_other_is_asked(host: str) -> None:
    with pytest.raises(FetchRefusedError):
        read_target(f"https://{host}/", FetchRules(allowed_hosts=frozenset({"example.com"})))


@pytest.mark.parametrize("host", ["cdn.example.com", "a.cdn.example.com"])
def test_a_denied_host_is_not_asked_though_it_is_allowed(host: str) -> None:
    rules = FetchRules(allowed_hosts=frozenset({".example.com"}), denied_hosts=frozenset({".example.com"}))
    with pytest.raises(FetchRefusedError):
        read_target(f"https://{host}/", rules)


def test_a_network_that_the_deployment_names_may_be_reached() -> None:
    rules = FetchRules(networks=(ip_network("10.1.0.0/16"),))
    assert rules.allows_address(ip_address("10.1.2.3"))
    assert not rules.allows_address(ip_address("10.2.2.3"))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"])
def test_public_hosts_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses())
def test_no_public_address_is_of_a_special_kind(address: object) -> None:
    found = ip_address(str(address))
    if is_public(found):
        kinds = (found.is_private, found.is_loopback, found.is_link_local, found.is_multicast, found.is_reserved)
        assert not any(kinds)
        assert found.is_global


@given(st.ip_addresses(v=4))
def test_no_ipv6_form_of_an_ipv4_address_is_public(address: object) -> None:
    number = int(ip_address(str(address)))
    for prefix in ("::ffff:0:0", "::", "64:ff9b::", "::ffff:0:0:0"):
        assert not is_public(IPv6Address(int(IPv6Address(prefix)) | number))
    assert not is_public(IPv6Address(int(IPv6Address("2002::")) | number << 80))


@given(st.text(max_size=60), st.sampled_from(["", "https://", "http://", "https://a.com"]))
def test_whatever_is_written_is_a_target_or_refused(tail: str, head: str) -> None:
    try:
        target = read_target(head + tail, RULES)
    except FetchRefusedError:
        return
    assert target.host.isascii()
    assert "@" not in target.host
    assert target.port in (80, 443)
