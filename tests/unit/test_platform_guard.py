"""The address guard: forms of URLs, ranges of addresses, names that change their mind."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.platforms.errors import NotSent, UnsafeAddress
from dashboard.platforms.guard import AddressGuard, base_guard, check_base_url, is_public, split_url


class Names:
    """A resolver whose answers are given per name, one list after the other."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): rounds for name, rounds in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        rounds = self.answers.get(host)
        if rounds is None:
            raise socket.gaierror(-2, "unknown")
        found = rounds.pop(0) if len(rounds) > 1 else rounds[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]


REFUSED = [
    "",
    " ",
    "example.com",
    "//example.com/",
    "/path",
    "file:///etc/passwd",
    "ftp://example.com/a",
    "gopher://example.com/_x",
    "data:image/png;base64,AAAA",
    "blob:https://example.com/1",
    "jar:https://example.com!/a",
    "unix:/run/x.sock",
    "javascript:alert(1)",
    "http+unix://%2Frun%2Fx.sock/",
    "ws://example.com/",
    "http://",
    "http:///path",
    "http://:80/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0.0.0.0/",
    "http://0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.1./",
    "http://127.0.0.1.:80/",
    "http://1.2.3.4.5/",
    "http://999.1.1.1/",
    "http://example.0x10/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://metadata.google.internal/",
    "http://metadata/",
    "http://168.63.129.16/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://192.0.2.1/",
    "http://203.0.113.9/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://255.255.255.255/",
    "http://240.0.0.1/",
    "http://192.88.99.1/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[::1/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://a.localhost/",
    "http://printer.local/",
    "http://db.internal/",
    "http://intranet/",
    "http://router.lan/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://①②⑦.⓪.⓪.①/",
    "http://exa mple.com/",
    "http://example.com\\@127.0.0.1/",
    "http://example.com\r\nHost: x/",
    "http://example.com\t/",
    "http://exa\u200bmple.com/",
    "http://exa\u00admple.com/",
    "http://user@example.com/",
    "http://user:secret@example.com/",
    "http://@example.com/",
    "http://example.com@127.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://example%2ecom/",
    "http://-example.com/",
    "http://exam!ple.com/",
    "http://example..com/",
    "http://" + "a" * 64 + ".com/",
    "http://" + "a." * 130 + "com/",
    "http://example.com:0/",
    "http://example.com:22/",
    "http://example.com:25/",
    "http://example.com:5432/",
    "http://example.com:6379/",
    "http://example.com:8080/",
    "http://example.com:65536/",
    "http://example.com:-1/",
    "http://example.com:port/",
    "http://example.com/" + "a" * 5000,
]


@pytest.mark.parametrize("url", REFUSED)
def test_refused_by_form(url: str) -> None:
    with pytest.raises(UnsafeAddress):
        AddressGuard().check_url(url)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://api.clarifai.com", "https://api.clarifai.com"),
        ("HTTPS://API.Clarifai.COM/v2", "https://api.clarifai.com/v2"),
        ("http://example.com:80/a?b=c#d", "http://example.com:80/a?b=c"),
        ("https://example.com:443/", "https://example.com:443/"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://8.8.8.8/a", "https://8.8.8.8/a"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://ｅｘａｍｐｌｅ.com/", "https://example.com/"),
        ("https://a_b.example.com/", "https://a_b.example.com/"),
    ],
)
def test_allowed_in_normal_form(url: str, normal: str) -> None:
    assert AddressGuard().check_url(url) == normal


def test_only_the_trusted_origin_may_be_local() -> None:
    guard = base_guard("http://127.0.0.1:8001", trusted=True)
    assert guard.check_url("http://127.0.0.1:8001/media/a") == "http://127.0.0.1:8001/media/a"
    for other in (
        "http://127.0.0.1:8002/",
        "https://127.0.0.1:8001/",
        "http://127.0.0.1/",
        "http://127.0.0.2:8001/",
    ):
        with pytest.raises(UnsafeAddress):
            guard.check_url(other)
    with pytest.raises(UnsafeAddress):
        base_guard("http://127.0.0.1:8001").check_url("http://127.0.0.1:8001/")


def test_a_base_url_brings_its_own_port_but_no_service_port() -> None:
    assert check_base_url("https://labels.example.com:8443/") == "https://labels.example.com:8443"
    for url in (
        "https://labels.example.com:6379",
        "http://labels.example.com:22",
        "https://example.com/?a=1",
    ):
        with pytest.raises(UnsafeAddress):
            check_base_url(url)


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["fe80::1%eth0"],
        ["93.184.216.34", "127.0.0.1"],
        ["0.0.0.0"],
        ["not-an-address"],
    ],
)
def test_names_that_lead_inside_are_refused(found: list[str]) -> None:
    guard = AddressGuard(resolver=Names(inside_example_com=[found]))
    guard.check_url("http://inside.example.com/")  # the form alone is fine
    with pytest.raises(UnsafeAddress):
        guard.resolve("inside.example.com", 80)


def test_a_name_that_changes_its_answer_is_refused_at_the_second_connection() -> None:
    guard = AddressGuard(resolver=Names(rebind_example_com=[["93.184.216.34"], ["127.0.0.1"]]))
    assert guard.resolve("rebind.example.com", 443) == ["93.184.216.34"]
    with pytest.raises(UnsafeAddress):
        guard.resolve("rebind.example.com", 443)


def test_unknown_names_were_not_sent() -> None:
    with pytest.raises(NotSent, match="could not be found"):
        AddressGuard(resolver=Names()).resolve("nowhere.example.com", 443)
    with pytest.raises(UnsafeAddress):
        AddressGuard(resolver=Names()).resolve("example.com", 25)


@given(st.ip_addresses())
def test_public_means_public(address: Any) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_private
        assert not address.is_multicast


@given(st.text(max_size=60))
def test_any_text_is_refused_or_read(text: str) -> None:
    for url in (text, "http://" + text, "https://example.com" + text):
        try:
            origin, normal = split_url(url)
        except UnsafeAddress:
            continue
        assert normal.startswith(("http://", "https://"))
        assert origin.host.isascii()
        assert split_url(normal) == (origin, normal)
