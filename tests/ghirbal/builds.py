"""Run jobs as the tests of the pipeline need them: in this process, quietly, and read what they made."""

import random
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from corpus.run import Watcher
from ghirbal.check import check_corpus
from ghirbal.cli import main
from ghirbal.config import Config
from ghirbal.jobs import Job, run_job
from ghirbal.published import read_rows

ROOT = Path(__file__).parents[2]


def build(inputs, out, command="build", **options):
    names = tuple(map(str, inputs)) if isinstance(inputs, list | tuple) else (str(inputs),)
    options.setdefault("config", Config())
    if isinstance(options.get("against"), str):
        options["against"] = (options["against"],)
    finished = run_job(Job(command, names, Path(out), **options), Watcher())
    assert check_corpus(Path(out)) == []
    return finished


def rows(out, folder):
    return [row for path in sorted((out / folder).iterdir()) for row in read_rows(path, dict)]


def tree(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def command(*arguments, **options):
    """Run the command line in a process of its own."""
    call = [sys.executable, "-m", "ghirbal", *map(str, arguments)]
    options.setdefault("capture_output", True)
    return subprocess.run(call, cwd=ROOT, check=False, text=True, **options)


def call(monkeypatch, capsys, *arguments):
    """Run the command line in this process; return its exit code and what it printed."""
    monkeypatch.setattr(sys, "argv", ["ghirbal", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr()


def report(out):
    return orjson.loads((out / "report.json").read_bytes())


NOUNS = (
    "السد الجسر المعرض المصنع المرفأ الملعب المتحف السوق المطار المستشفى الحقل البستان النهر الوادي"
    " القلعة المكتبة الجامعة المسرح القطار السفينة الشاحنة الفلاح الصياد المهندس الطبيب المعلم الشاعر"
    " الحارس التاجر الرسام الوزير النقيب المحافظ السفير المدرب اللاعب الطالب الباحث القاضي المحامي"
    " النجار الحداد الخباز البناء الراعي البحار"
).split()
VERBS = (
    "زار افتتح أعلن رفض وصف راقب نقل أصلح باع اشترى رسم كتب قرأ سأل وعد شكر حذر بنى هدم زرع حصد نظم"
    " أوقف"
).split()
TIMES = ("صباح أمس", "مساء اليوم", "قبل أسبوع", "مطلع الشهر", "نهاية العام", "في العطلة", "بعد المطر", "عند الفجر")


def rare_words(number):
    """A sentence of words that no other number has, so that stories can be seen to have nothing in common."""
    dice = random.Random(f"rare {number}")
    return " ".join("".join(dice.choices("بتثجحخدذرزسشصضطظعغفقكلمنهوي", k=6)) for _ in range(12)) + "."


def story(number):
    """A story of six paragraphs that shares no sentence with any other number's."""
    dice = random.Random(number)

    def sentence():
        clauses = (f"{dice.choice(VERBS)} {dice.choice(NOUNS)} {dice.choice(NOUNS)}" for _ in range(4))
        return f"{' و'.join(clauses)} {dice.choice(TIMES)} قرب {dice.choice(NOUNS)}."

    return "\n".join(" ".join(sentence() for _ in range(3)) for _ in range(6))
