"""Addresses: what is public, what is not, and who may lift the guard."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from corpus.errors import UsageError
from crawler.polite.safety import AddressGuard, Refused, SafetyMiddleware

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1",
    "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::",
    "2001:db8::1", "192.0.2.1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert not AddressGuard().allows(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "172.32.0.1"])
def test_public_addresses_pass(address: str) -> None:
    assert AddressGuard().allows(address)


@given(st.ip_addresses())
def test_every_address_gets_an_answer(address: object) -> None:
    assert AddressGuard().allows(str(address)) in (True, False)


def test_the_guard_is_lifted_wholly_or_by_address() -> None:
    assert AddressGuard("1").allows("127.0.0.1")
    listed = AddressGuard("127.0.0.1, ::1")
    assert listed.allows("127.0.0.1")
    assert listed.allows("::1")
    assert not listed.allows("127.0.0.2")
    assert not AddressGuard("0").allows("127.0.0.1")
    with pytest.raises(UsageError, match="give 1, or addresses separated by commas"):
        AddressGuard("localhost")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://e.com/", "bad-url"),
        ("https://user:pw@e.com/", "bad-url"),
        ("http://[::1]/", "private-address"),
        ("http://[::ffff:127.0.0.1]:80/", "private-address"),
    ],
)
def test_requests_are_refused_before_they_connect(url: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        SafetyMiddleware(get_crawler()).process_request(Request(url))
    assert caught.value.reason == reason


def test_an_answer_from_inside_is_refused() -> None:
    middleware, request = SafetyMiddleware(get_crawler()), Request("https://e.com/")
    middleware.process_request(request)
    with pytest.raises(Refused):
        middleware.process_response(request, Response("https://e.com/", ip_address=ipaddress.ip_address("10.0.0.1")))
    public = Response("https://e.com/", ip_address=ipaddress.ip_address("8.8.8.8"))
    assert middleware.process_response(request, public) is public
