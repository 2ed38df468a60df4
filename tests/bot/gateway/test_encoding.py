"""Bodies as JSON, in one go and in pieces."""

import json

import pytest

from bot.gateway.encoding import LONG, encoded, encoded_in_pieces

URL = "data:image/png;base64," + "QUJD" * LONG
BODIES = [
    {"model": "m", "messages": [{"role": "user", "content": 'a "quoted" \n line, 中文'}]},
    {"messages": [{"content": [{"type": "image_url", "image_url": {"url": URL}}, {"type": "text", "text": URL}]}]},
    {"text": "data:text/plain;base64," + 'not Base64 "\\\n' * LONG},
    {"images": [URL, URL[:-4], "data:short"], "n": 1, "seed": None, "stream": True},
]


@pytest.mark.parametrize("body", BODIES)
def test_pieces_make_the_same_whole(body: dict[str, object]) -> None:
    assert encoded_in_pieces(body) == encoded(body)
    assert json.loads(encoded_in_pieces(body)) == body


def test_half_a_surrogate_pair_is_no_reason_to_fail() -> None:
    assert json.loads(encoded({"text": "a\ud800b"})) == {"text": "a?b"}
