from __future__ import annotations

import pickle

import pytest

from corpus.errors import CorruptInput, InputError, RecordError, TruncatedInput


@pytest.mark.parametrize(
    "error",
    [
        InputError("holds nothing", path="a.gz", offset=7, reason="empty-input"),
        TruncatedInput("is cut off", path="a.gz", offset=7),
        CorruptInput("is damaged"),
        RecordError("took longer", reason="timeout"),
    ],
)
def test_errors_cross_processes_with_all_they_say(error: InputError | RecordError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
