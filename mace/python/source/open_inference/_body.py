"""Reads the body of a request within a limit, and decompresses it."""

import zlib
from typing import AsyncIterator, Mapping

from mace.open_inference._errors import refuse, shown


async def read_body(chunks: AsyncIterator[bytes], headers: Mapping[str, str], limit: int) -> bytes:
    """The whole body, decompressed.

    Args:
      chunks: the pieces of the body as they arrive.
      headers: by names in lower case.
      limit: the most bytes, before and after decompression.

    Raises:
      ProtocolError: 413 for a body above the limit, which is told before the body is read where
        Content-Length says so; 415 for an unknown Content-Encoding; 400 for broken compression.
    """
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        _refuse_size(limit, announced[:20])
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "deflate"):
        refuse(
            "Content-Encoding: expected gzip, deflate or identity, found %s" % shown(encoding), 415
        )
    pieces, size = [], 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            _refuse_size(limit, "%d or more" % size)
        pieces.append(chunk)
    body = b"".join(pieces)
    return _decompressed(body, limit) if encoding in ("gzip", "deflate") else body


def _refuse_size(limit: int, found: str) -> None:
    refuse("body: expected at most %d bytes, found %s" % (limit, found), 413)


def _decompressed(body: bytes, limit: int) -> bytes:
    decompressor = zlib.decompressobj(wbits=47)  # Tells gzip and zlib apart by their headers.
    try:
        content = decompressor.decompress(body, limit + 1)
    except zlib.error as error:
        refuse("body: broken compression: %s" % error)
    if len(content) > limit:
        _refuse_size(limit, "more after decompression")
    if not decompressor.eof or decompressor.unused_data:
        refuse("body: broken compression: expected one whole gzip or zlib stream")
    return content
