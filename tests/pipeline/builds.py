"""Run jobs as the tests of the pipeline need them: in this process, quietly, and read what they made."""

import subprocess
import sys
from pathlib import Path

import orjson

from corpus.task import read_rows
from pipeline.config import Config
from pipeline.console import Silence
from pipeline.run import Job, run_job

ROOT = Path(__file__).parents[2]


def build(inputs, out, command="build", **options):
    names = tuple(map(str, inputs)) if isinstance(inputs, list | tuple) else (str(inputs),)
    options.setdefault("config", Config())
    return run_job(Job(command, names, Path(out), **options), Silence())


def rows(out, folder):
    return [row for path in sorted((out / folder).iterdir()) for row in read_rows(path)]


def tree(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def command(*arguments, **options):
    """Run the command line in a process of its own."""
    call = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    options.setdefault("capture_output", True)
    return subprocess.run(call, cwd=ROOT, check=False, text=True, **options)


def report(out):
    return orjson.loads((out / "report.json").read_bytes())


PARAGRAPHS = [
    "قال وزير الزراعة في مدينة {town} إن موسم الحصاد هذا العام جاء أفضل من المتوقع بعد أمطار {month} الغزيرة.",
    "وأضاف الوزير خلال جولة في حقول {town} أن الإنتاج بلغ {n} ألف طن من القمح والشعير حتى الآن.",
    "من جهته أكد رئيس اتحاد المزارعين في {town} أن الأسعار ما زالت دون كلفة الإنتاج في {n} قرية.",
    "ودعا المزارعون في {month} إلى فتح باب التصدير عبر ميناء {town} قبل نهاية الموسم الحالي.",
]
TOWNS = ["الرمانة", "عين الورد", "تل الزيتون", "وادي السدر", "باب النهر", "كفر اللوز", "ساحل النخيل", "قلعة الريح"]
MONTHS = ["نيسان", "أيار", "حزيران", "تموز", "آب", "أيلول", "تشرين", "كانون"]


def story(number):
    """A story of four paragraphs that is like no other: each word that can differ does."""
    town, month = TOWNS[number % 8], MONTHS[(number * 3) % 8]
    extra = " ".join(f"{word}{number}" for word in ("السد", "الجسر", "المعرض", "المصنع", "المرفأ", "الملعب"))
    lines = [line.format(town=town, month=month, n=number + 100) for line in PARAGRAPHS]
    return "\n".join([*lines, f"وفي خبر آخر رقم {number} تفقد المحافظ {extra} واستمع إلى شكاوى الأهالي هناك."])
