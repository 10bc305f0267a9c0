"""datasketch draws the permutations and splits the bands, once, and never in a worker."""

from __future__ import annotations

import pickle
import subprocess
import sys

import msgspec
import pytest
from datasketch import MinHash, MinHashLSH
from numpy.testing import assert_array_equal

from corpus.run import run_here, summarise
from dedup.config import DedupConfig
from dedup.sketch import draw_family, sign
from dedup.stages import Dedup
from dedup.store.summaries import Summaries
from dedup.store.summary import Summary


def test_the_family_is_that_of_datasketch():
    drawn = MinHash(num_perm=128, seed=1, scheme="affine32").permutations
    assert_array_equal(draw_family().permutations, drawn)
    assert draw_family()[1:] == (32, 4)
    assert_array_equal(sign(["خبر قصير عن المطر"]).signatures, sign(["خبر قصير عن المطر"], 3, drawn).signatures)


@pytest.mark.parametrize("threshold", [0.001, 0.2, 0.5, 0.8, 0.95, 0.99, 1.0])
def test_a_threshold_chooses_the_bands(threshold, document, story):
    index = MinHashLSH(threshold=min(threshold, 0.95), num_perm=128)
    family = draw_family(threshold)
    assert (family.bands, family.rows) == (index.b, index.r)
    summary = Summary(DedupConfig(threshold=threshold), family)
    summary.observe(document("a", story(1)))
    assert summary.arrays()["bands"].shape == (index.b, 1)
    assert len(Summaries([summary.arrays()]).band(index.b - 1)) == 1


@pytest.mark.parametrize("value", [0, -0.1, 1.01, "0.5", True])
def test_a_threshold_that_is_no_resemblance_is_refused(value):
    with pytest.raises(msgspec.ValidationError, match="threshold"):
        msgspec.convert({"threshold": value}, DedupConfig)


def test_a_threshold_may_be_a_whole_number():
    assert msgspec.convert({"threshold": 1}, DedupConfig).threshold == 1.0


@pytest.mark.parametrize(("threshold", "copies"), [(None, 1), (0.5, 1), (0.85, 1), (0.9, 0), (0.95, 0)])
def test_near_copies_are_those_above_the_threshold(threshold, copies, document, story):
    """Twenty lines of fourteen words, of which one, and the joints beside it, differs: 262 shingles of 294, .891."""
    lines = story(1, 20).split("\n")
    documents = [document("a", "\n".join(lines)), document("b", "\n".join([*lines[:9], story(2, 1), *lines[10:]]))]
    stage = Dedup(DedupConfig(threshold=threshold))
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    assert [stage.apply(one).reason for one in documents].count("near-duplicate") == copies


def test_workers_need_no_datasketch(tmp_path, document, story):
    stage, documents = Dedup(DedupConfig(threshold=0.6)), [document("a", story(1)), document("b", story(2))]
    expected = summarise(stage.accumulator(), documents)
    (tmp_path / "stage").write_bytes(pickle.dumps((stage, documents)))
    code = (
        "import pickle, sys; from corpus.run import summarise;"
        f"stage, documents = pickle.load(open({str(tmp_path / 'stage')!r}, 'rb'));"
        f"open({str(tmp_path / 'summary')!r}, 'wb').write(summarise(stage.accumulator(), documents));"
        "sys.exit('datasketch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert (tmp_path / "summary").read_bytes() == expected
