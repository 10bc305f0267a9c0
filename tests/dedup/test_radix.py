from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.radix import radix_sort

numbers = st.lists(st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 300)), max_size=300)


@settings(deadline=None)
@given(numbers)
def test_all_bytes_sort_as_numbers(values: list[int]) -> None:
    given_values = np.array(values, dtype=np.uint64)
    assert radix_sort(given_values, 0).tolist() == sorted(values)
    assert given_values.tolist() == values


@settings(deadline=None)
@given(numbers, st.integers(0, 8))
def test_what_agrees_in_the_bytes_looked_at_stays_in_order(values: list[int], low: int) -> None:
    found = radix_sort(np.array(values, dtype=np.uint64), low).tolist()
    assert found == sorted(values, key=lambda value: value >> 8 * low)
