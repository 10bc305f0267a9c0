"""Tell numbers of a story from those by which its page counts readers, comments and minutes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import compiled, is_among, kept, part
from dedup.sketch import sign

#: What a page counts, beside the number; what was done with the page so many times, or takes so many minutes. Hashes
#: take other words for these ("غير" for "قراءة"), so words of three consonants stand where a unit is asked for, too.
_COUNTED = (
    "views view comments likes مشاهدة مشاهدات تعليق تعليقات بازدید دیدگاه vues commentaires vistas lecturas comentarios"
    " visualizações görüntülenme okunma просмотров комментариев"
)
_DONE = "read reads viewed shared watched شاهد شاهده شوهد قراءة قرأه مشاركة lu vu lecture leído leitura lectura okundu"
_UNITS = "times min mins minute minutes مرة مرات دقيقة دقائق دقیقه fois veces vezes minuto minutos kez dakika"
#: Between a number with its unit and what was done so many times stand at most so many words: "shared 14 times", "تمت
#: مشاركة هذا الخبر 14 مرة".
_REACH = 3


def _hashes(listed: str) -> NDArray[np.uint32]:
    """Return the hashes of some words, Arabic ones also with the article."""
    words = [with_article for word in listed.split() for with_article in (word, f"ال{word}")]
    # No signature is asked for, and so no library that draws permutations.
    return np.unique(sign(words, 1, np.zeros((2, 1), dtype=np.uint32)).words)


# Kept on disk, so that importing this module loads no kernel.
_COUNTED_WORDS, _DONE_WORDS, _UNIT_WORDS = (
    kept(name, partial(_hashes, listed), __file__)
    for name, listed in (("counted", _COUNTED), ("done", _DONE), ("units", _UNITS))
)


@part("boolean(uint32[::1], int64)")
def is_fact(words: Any, at: Any) -> Any:
    """Tell whether word `at` is a number, and none by which the page counts."""
    if words[at] & np.uint32(1) == 0:
        return False
    unit = at + 1 < len(words) and is_among(words[at + 1], _UNIT_WORDS)
    reach = _REACH if unit else 1
    for other in range(max(0, at - reach), min(len(words), at + reach + 1)):
        if is_among(words[other], _COUNTED_WORDS) or (unit and is_among(words[other], _DONE_WORDS)):
            return False
    return True


@compiled("void(uint32[::1], boolean[::1])")
def mark_facts(words: Any, marks: Any) -> None:
    """Mark the numbers of texts that `is_fact` accepts, and nothing else."""
    for at in range(len(words)):
        marks[at] = is_fact(words, at)
