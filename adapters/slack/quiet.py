"""The SDK's own logs, made fit for ours: no bodies, no tokens, no one-time addresses."""

import logging
import re

_SECRETS = re.compile(r"(xox[a-z]|xapp|xoxe)[-.][\w.-]+|(?<=\?)\S+", re.IGNORECASE)


class _Redacted(logging.Filter):
    """One line without secrets; the trace goes, since its end may hold an address with a ticket."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = " ".join(_SECRETS.sub("(hidden)", record.getMessage()).split()), ()
        record.exc_info = record.exc_text = None
        return True


def sdk_logger() -> logging.Logger:
    """The logger for Bolt and the SDK.

    Its level is set, not inherited: below ERROR they write whole payloads (a request with a bad signature at INFO,
    everything at DEBUG), and they look at this very number.
    """
    logger = logging.getLogger("parley.slack.sdk")
    logger.setLevel(logging.ERROR)
    if not logger.filters:
        logger.addFilter(_Redacted())
    return logger
