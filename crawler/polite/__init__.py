"""Keep the promises of a polite and safe crawler: robots.txt, pace, private addresses.

In: requests before they are sent. Out: the same, later, or refused with a reason.
Read robots, then throttle, then safety.
"""

from __future__ import annotations

__all__ = [
]
