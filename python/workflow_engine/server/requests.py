"""What a request to run a workflow must look like; what does not never reaches the engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workflow_engine.problem import TOO_LARGE, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow_engine.server.app import Request

__all__ = ["RefusedError", "read"]

INCOMPLETE = Kind("incomplete-request", 400, "the request is incomplete")
BAD_TIMEOUT = Kind("bad-timeout", 400, "the header `Run-Timeout` is no number of seconds")
NO_LENGTH = Kind("length-required", 411, "the request must tell the length of its body")
NOT_JSON_TYPE = Kind("unsupported-media-type", 415, "the body must be JSON")
ENCODED = Kind("unsupported-encoding", 415, "the body must not be compressed")

_ACCEPTED = {"Accept": "application/json"}
_MEDIA = re.compile(
    r"\s*(?:application|text)/(?:[\w.!#$&^-]+\+)?json\s*(?:;.*)?",
    re.ASCII | re.IGNORECASE,
)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"\s*[-\d]", re.ASCII)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)


class RefusedError(Exception):
    """A request that no run is started for.

    Attributes:
        kind: Kind of the problem.
        detail: What to do about it.
        headers: Headers of the answer that belong to the problem.
    """

    def __init__(self, kind: Kind, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})


def read(
    request: Request, payload_max: int, timeout: float | None
) -> tuple[str | bytes | None, float | None]:
    """Take the input and the deadline from a request, without parsing the body.

    Args:
        request: The request; its body has been read.
        payload_max: Bytes that the body may have.
        timeout: Seconds that any run may take; None: any time.

    Returns:
        The input's JSON text (None where the body is empty) and the seconds the run may take.

    Raises:
        RefusedError: The request is refused.
    """
    get = request.headers.get
    body = request.body
    media = get("content-type")
    if media is not None and media != "application/json" and not _is_json(media):
        raise RefusedError(
            NOT_JSON_TYPE,
            f"got {media[:100]!r}; send `Content-Type: application/json`",
            _ACCEPTED,
        )
    if isinstance(body, str):
        if not body.isascii():
            body = body.encode()
    # Compressed data is never UTF-8, so texts need not be asked.
    elif (encoding := get("content-encoding") or "identity") != "identity":
        raise RefusedError(ENCODED, f"got {encoding[:100]!r}; send the body as it is")
    size = len(body)
    if size > payload_max:
        raise RefusedError(TOO_LARGE, f"the body has {size} bytes; at most {payload_max} are taken")
    length = get("content-length")
    # The worker hands over what it has when a client stops in the middle. Where a request has
    # a length and chunks, which another server might read differently, they do not agree either.
    if length is None:
        # Cut short in chunks, all else is no JSON any more; a number is another number.
        if isinstance(body, str) and _NUMBER.match(body):
            raise RefusedError(NO_LENGTH, "a number in chunks may be half a number; send `Content-Length`")
    elif length != str(size) and int(length) != size:
        raise RefusedError(INCOMPLETE, f"the body has {size} of {length} bytes")
    if (seconds := get("run-timeout")) is not None:
        timeout = _sooner(seconds, timeout)
    return body or None, timeout


def _is_json(media: str) -> bool:
    charsets = _CHARSET.findall(media)
    return bool(_MEDIA.fullmatch(media)) and all(each.lower() in ("utf-8", "utf8") for each in charsets)


def _sooner(text: str, timeout: float | None) -> float:
    seconds = float(text) if _SECONDS.fullmatch(text) else 0.0
    if not seconds:
        raise RefusedError(BAD_TIMEOUT, "write seconds above 0, such as `Run-Timeout: 2.5`")
    return seconds if timeout is None else min(seconds, timeout)
