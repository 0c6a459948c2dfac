import pytest

from controlplane.media.addresses import Address, is_public, parse_address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.17.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",  # noqa: S104
        "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fd00::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1",
        "::ffff:8.8.8.8", "::10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:a00:1::",
        "fe80::1%eth0", "localhost", "", "0x7f000001", "2130706433",
    ],
)  # fmt: skip
def test_what_is_not_on_the_internet_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_what_is_on_the_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.com/x", "begin with"),
        ("file:///etc/passwd", "begin with"),
        ("gopher://example.com", "begin with"),
        ("//example.com/x", "begin with"),
        ("https://", "name a host"),
        ("https:///x", "name a host"),
        ("https://a\\@b/x", "name a host"),
        ("https://user:secret@example.com/", "password"),
        ("https://user@example.com/", "password"),
        ("http://example.com:22/", "another port"),
        ("https://example.com:80/", "another port"),
        ("https://example.com:x/", "no URL"),
        ("https://[::1", "no URL"),
    ],
)
def test_a_url_that_leads_elsewhere_is_refused_with_the_reason(url, problem):
    answer = parse_address(url)
    assert isinstance(answer, str)
    assert problem in answer


def test_a_url_of_the_web_is_an_address():
    assert parse_address("https://example.com:443/a?b#c") == Address(
        scheme="https", host="example.com", port=443
    )
