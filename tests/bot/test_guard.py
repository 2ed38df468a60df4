"""Names and numbers that lead into a private network."""

import pytest

from bot.guard import Guard, PrivateNetwork, is_number, is_public
from tests.bot.files.file_host import Names

PRIVATE = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.100.100.200 0.0.0.0 168.63.129.16 224.0.0.1
255.255.255.255 198.18.0.1 240.0.0.1 :: ::1 fe80::1 fe80::1%eth0 fd00:ec2::254 ff02::1 ::ffff:127.0.0.1
::ffff:10.0.0.1 64:ff9b::a9fe:a9fe 2002:7f00:1:: 2001:0:7f00:1:: none
"""


@pytest.mark.parametrize("number", PRIVATE.split())
def test_a_private_address_is_not_public(number: str) -> None:
    assert not is_public(number)


@pytest.mark.parametrize(
    "number", ["8.8.8.8", "162.159.135.233", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_of_the_open_internet_is_public(number: str) -> None:
    assert is_public(number)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1.", "127.1", "0x7f.1", "0X7F000001", "2130706433", "::1", "1.2.3.4.5"]
)
def test_whatever_may_be_read_as_a_number_is_one(host: str) -> None:
    assert is_number(host)


@pytest.mark.parametrize("host", ["files.slack.com", "1.example", "0x7f.example.com", "localhost"])
def test_a_name_is_no_number(host: str) -> None:
    assert not is_number(host)


async def test_of_a_name_with_two_faces_only_the_public_one_is_connected_to() -> None:
    names = Names(["10.0.0.1", "8.8.8.8", "::1"], ["127.0.0.1"])
    guard = Guard(names)
    assert [answer["host"] for answer in await guard.resolve("rebinding.test", 443)] == ["8.8.8.8"]
    with pytest.raises(PrivateNetwork):
        await guard.resolve("rebinding.test", 443)
    await guard.close()
