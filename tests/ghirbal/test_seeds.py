"""Five real dumps of the kind this project is for; they are not part of it, and are read where they are present."""

import pytest

from tests.conftest import SHARED
from tests.ghirbal.builds import build, rows

SEEDS = SHARED.parent / "seeds"
GONE = ("إقرأ أيضاً", "مقالات مشابهة", "كلمات دلالية", "حجم الخط", "increase", "التعليقات المنشورة")


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed dumps are not here (set GHIRBAL_DATA beside them)")
def test_the_seeds_come_out_clean(tmp_path):
    build(SEEDS, tmp_path / "out")
    kept = rows(tmp_path / "out", "corpus")
    assert len(kept) == 5
    for row in kept:
        assert not [phrase for phrase in GONE if phrase in row["text"]]
    by_name = {row["source"]["path"][:3]: row for row in kept}
    assert [by_name[name]["published"] for name in ("001", "003", "004")] == ["2024-04-26", "2024-04-26", "2023-08-21"]
    assert [by_name[name]["credit"] for name in ("003", "004")] == ["الجزيرة", "صدى البلد"]
    assert "صحيفة المرصد الليبية" in by_name["000"]["credit"]
    assert all(by_name[name]["tags"] for name in ("000", "003", "004"))
