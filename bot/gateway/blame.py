"""From a fault to the error that the rest of the house knows, without a secret and without anybody's words; pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from bot.errors import (
    ContentRefused,
    ContextTooLong,
    GatewayBusy,
    GatewayError,
    GatewayGarbled,
    GatewayRejected,
    GatewayUnreachable,
    ModelUnavailable,
    PicturesRefused,
)
from bot.gateway.faults import Fault, Kind
from bot.gateway.sight import blind

_LONGEST: Final = 200
_RUN: Final = 12
"""So many characters in a row that also stand in the prompt are taken for an echo of it."""
_MASK: Final = "…"
_FILE: Final = re.compile(r"(data:[\w/+.-]+;base64,)?[A-Za-z0-9+/=_-]{100,}")
"""Bytes of a file that the gateway repeats."""
_KEY: Final = re.compile(r"\b(sk-|bearer\s+)[\w.*-]+", re.IGNORECASE)

_ERRORS: Final[Mapping[Kind, type[GatewayError]]] = {
    Kind.TOKEN: GatewayRejected,
    Kind.BALANCE: GatewayRejected,
    Kind.MISSING: ModelUnavailable,
    Kind.FORBIDDEN: ModelUnavailable,
    Kind.NO_CHANNEL: ModelUnavailable,
    Kind.UNREACHABLE: GatewayUnreachable,
    Kind.TOO_LONG: ContextTooLong,
    Kind.PARAMETER: GatewayRejected,
    Kind.ENDPOINT: ModelUnavailable,
    Kind.REJECTED: GatewayRejected,
    Kind.GARBLED: GatewayGarbled,
}


class Cleaner:
    """Takes secrets and echoes of the prompt out of the gateway's texts, and shortens them."""

    def __init__(self, secrets: Iterable[str], prompt: Iterable[str] = ()) -> None:
        self._secrets = [secret for secret in secrets if secret]
        self._prompt = [" ".join(text.split()) for text in prompt]

    def __call__(self, text: str) -> str:
        """One line that may stand in a log."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        line = " ".join(_KEY.sub(_MASK, _FILE.sub(_MASK, text)).split())[: 2 * _LONGEST]
        line = self._without_echo(line)
        return line if len(line) <= _LONGEST else line[:_LONGEST] + _MASK

    def _without_echo(self, line: str) -> str:
        for text in self._prompt:
            if 3 < len(text) <= _RUN:
                line = line.replace(text, _MASK)
        echoed = [False] * len(line)
        for start in range(len(line) - _RUN + 1):
            if any(line[start : start + _RUN] in text for text in self._prompt):
                echoed[start : start + _RUN] = [True] * _RUN
        kept = "".join("\0" if echo else letter for letter, echo in zip(line, echoed, strict=True))
        return re.sub("\0+", _MASK, kept)


def translate(fault: Fault, model: str, clean: Cleaner) -> GatewayError:
    """The error for a fault that nothing can mend any more."""
    reason = _reason(fault, clean)
    request_id = fault.hints.request_id
    if fault.kind is Kind.CONTENT:
        return ContentRefused(reason, model=model, request_id=request_id, said=fault.said)
    if fault.kind in (Kind.BUSY, Kind.TROUBLE):
        return GatewayBusy(reason, model=model, request_id=request_id, retry_after=fault.hints.retry_after)
    if fault.kind is Kind.PICTURES:
        return PicturesRefused(reason, model=model, request_id=request_id, blind=blind(fault))
    return _ERRORS[fault.kind](reason, model=model, request_id=request_id)


def _reason(fault: Fault, clean: Cleaner) -> str:
    """A filter's text is left out: it likes to name the very words that it found."""
    parts = [fault.kind.value, f"status={fault.status}" if fault.status else "", clean(fault.code)]
    if fault.message and fault.kind is not Kind.CONTENT:
        parts.append(clean(fault.message))
    return " ".join(filter(None, parts))
