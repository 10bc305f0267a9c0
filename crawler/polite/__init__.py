"""Keep the promises of a polite and safe crawler: robots.txt, pace, private addresses.

In: requests before they are sent. Out: the same, later, or refused with a reason.
Read safety, then throttle and robots. Nothing outside the crawler imports from here.
"""

from __future__ import annotations

__all__: list[str] = []
