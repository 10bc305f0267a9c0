"""Run stages over a corpus: cut it into tasks, work on them in processes, learn in between, resume after a crash.

In: stages and a listing. Out: published files and counts. Read stage (what a stage is), plan (what is to be done),
worker (one task), pool and cluster (where tasks run), runner (all of them), sandbox (pages that hang), report
(what is counted and shown).
"""

from __future__ import annotations

from corpus.files.sealed import map_file
from corpus.run.plan import Plan
from corpus.run.pool import Pool
from corpus.run.report import Report, draw
from corpus.run.runner import RunResult, Watcher, cut_segments, first_tasks, keep_answers, open_pool, run_stages
from corpus.run.sandbox import Guard
from corpus.run.stage import Accumulator, Learner, Map, Stage, apply_stage, run_here, summarise

__all__ = [
    "Accumulator",
    "Guard",
    "Learner",
    "Map",
    "Plan",
    "Pool",
    "Report",
    "RunResult",
    "Stage",
    "Watcher",
    "apply_stage",
    "cut_segments",
    "draw",
    "first_tasks",
    "keep_answers",
    "map_file",
    "open_pool",
    "run_here",
    "run_stages",
    "summarise",
]
