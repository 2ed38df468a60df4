"""Which addresses may be asked: no spelling of one place is taken for another."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from bot.files import hosts

SLACK = ("https://files.slack.com", "https://*.slack.com", "https://*.slack-edge.com")


def may(url: str, *allowed: str) -> bool:
    address = hosts.address(url)
    return address is not None and hosts.allowed(address.origin, allowed or SLACK) is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com/a/b.ogg?x=%2F%2f&y=~#part",
        "https://files.slack.com",
        "https://files.slack.com:443/a",
        "HTTPS://FILES.Slack.COM/a",
        "https://acme.slack.com/a",
        "https://a.b.slack-edge.com/a",
        "https://files.slack.com/早 上/@evil.com\\x",
    ],
)
def test_an_allowed_place_may_be_asked(url: str) -> None:
    assert may(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/a",
        "https://slack.com/a",
        "https://slack-edge.com/a",
        "https://evil-slack.com/a",
        "https://evilslack.com/a",
        "https://files.slack.com.evil.com/a",
        "https://.slack.com/a",
        "https://evil.com/.slack.com",
        "https://evil.com?.slack.com",
        "https://evil.com#.slack.com",
        "https://evil.com\\.slack.com/a",
        "https://files.slack.com@evil.com/a",
        "https://evil.com@files.slack.com/a",
        "https://user:word@files.slack.com/a",
        "https://files.slack.com:8443/a",
        "https://files.slack.com:/a",
        "https://files.slack.com:99999/a",
        "https://files.slack.com./a",
        "https://files.slack.com%2eevil.com/a",
        "https://files.slack.com\n.evil.com/a",
        "https://files\u3002slack\u3002com/a",
        "https://ﬁles.slack.com/a",
        "https://evil。com/.slack.com",
        "https://[::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://127.0.0.1/a",
        "https://-x.slack.com/a",
        "https://x..slack.com/a",
        "https:files.slack.com/a",
        "https:///files.slack.com/a",
        "//files.slack.com/a",
        "ftp://files.slack.com/a",
        "file:///etc/passwd",
        "data:text/plain,x",
        "\ud800",
        "",
    ],
)
def test_another_place_may_not(url: str) -> None:
    assert not may(url)


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080"),
        ("http://[0:0::1]:8080/a", "http://[::1]:8080"),
        ("http://proxy/a", "http://proxy"),
        ("https://files.internal:8443/a", "https://files.internal:8443/"),
        ("https://files.internal/a", "https://files.internal:443"),
        ("https://10.0.0.1/a", "https://10.0.0.1"),
    ],
)
def test_a_place_named_exactly_may_lie_anywhere(url: str, entry: str) -> None:
    address = hosts.address(url)
    assert address is not None
    found = hosts.allowed(address.origin, ("https://*.internal", entry))
    assert found is not None
    assert found.anywhere


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://files.slack.com/a", "https://files.slack.com"),
        ("https://a.slack.com/a", "https://*.slack.com"),
        ("https://a.slack.com:8443/a", "https://*.slack.com:8443"),
        ("http://a.internal/a", "http://*.internal"),
    ],
)
def test_a_name_alone_may_lie_in_the_open_only(url: str, entry: str) -> None:
    address = hosts.address(url)
    assert address is not None
    found = hosts.allowed(address.origin, (entry,))
    assert found is not None
    assert not found.anywhere


@pytest.mark.parametrize("host", ["127.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "0177.0.0.1", "1.2.3.4.5"])
def test_an_odd_spelling_of_an_address_is_none(host: str) -> None:
    assert hosts.address(f"http://{host}/") is None


@pytest.mark.parametrize(
    "entry", ["*", "https://*", "https://*.*", "https://*.0.0.1", "slack.com", "file:", "https://x/y"]
)
def test_an_entry_that_is_no_host_allows_nothing(entry: str) -> None:
    assert hosts.pattern(entry) is None


HOST = st.from_regex(r"[aA1]{1,3}(\.[bB-]{1,3}){0,2}(:[0-9]{1,4})?", fullmatch=True)


@given(HOST, st.text(st.sampled_from("aA1.-_:@/\\?#[]%\t。é x*"), max_size=40))
@example("a", "@b:1/")
def test_every_parser_reads_the_same_host_in_what_is_asked(host: str, rest: str) -> None:
    address = hosts.address(f"https://{host}{rest}")
    if address is None:
        return
    seen = URL(address.url, encoded=True)
    assert seen.raw_host == urlsplit(address.url).hostname == address.origin.host.strip("[]")
    assert seen.port == address.origin.port
    assert seen.user is None
    assert hosts.address(address.url) == address


@given(st.text(st.sampled_from("aA1.-_:@/\\?#[]%。 "), max_size=30))
def test_nothing_before_or_behind_makes_another_name_an_allowed_one(stuff: str) -> None:
    for url in (f"https://{stuff}slack.com/", f"https://slack.com{stuff}"):
        address = hosts.address(url)
        if address is not None and hosts.allowed(address.origin, ("https://*.slack.com",)):
            assert address.origin.host.endswith(".slack.com")
            assert address.origin.port == 443
