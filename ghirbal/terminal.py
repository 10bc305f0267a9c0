"""Standard streams that nobody may be reading, and foreign text as it may be shown.

Only the standard library is imported here: worker processes import this module again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from typing import Any, TextIO

#: What could move the cursor, change colours or turn the reading direction: C0, DEL, C1, line and paragraph
#: separators, marks of direction; and what no terminal can be sent: halves of surrogate pairs.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return foreign text with control and direction characters as escapes.

    >>> print(visible("one\x1b[31mtwo"))
    one\x1b[31mtwo
    """
    return _UNSEEN.sub(lambda sign: sign[0].encode("unicode_escape").decode("ascii"), text)


def visible_lines(text: str) -> str:
    """Return foreign text of several lines as `visible` does, and leave it its lines."""
    return "\n".join(map(visible, text.split("\n")))


class Guarded:
    """A standard stream that nobody may be reading, or that is a file on a full disk.

    What cannot be written is said to nobody, and the command goes on to its end. A closed pipe is no error; any other
    refusal is kept in `refused`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.refused: OSError | None = None

    def write(self, text: str) -> int:
        """Write, and escape what the encoding of the stream does not have."""
        if isinstance(text, str):  # click tries out whether it can write bytes; the stream itself says no
            encoding = self._stream.encoding or "utf-8"
            text = text.encode(encoding, "backslashreplace").decode(encoding)
        with self._watched():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush."""
        with self._watched():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno != errno.EPIPE:
                self.refused = error
            # What is in the buffer, and all that follows, goes to nobody.
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, self._stream.fileno())
            os.close(nobody)
