"""Score clusters against labelled clusters or judged pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]
Figures: TypeAlias = dict[str, dict[str, float]]


def score_clusters(gold: Sequence[Row], predicted: Sequence[Row]) -> Figures:
    """Score `predicted` rows {id, cluster}; a missing id is alone.

    `gold` rows are {id, cluster, lang}: pair precision, recall and F1, B-cubed F1 (Bagga and Baldwin 1998) and
    documents wrongly removed, that is sharing no gold cluster with the first member of theirs, for each language
    and for all. Or they are judged pairs {a, b, label, weight} with D copy, P partial, N different: weighted
    precision of copies (and of copies or partial), recall of copies, F1, over pairs that land in one cluster.
    """
    clusters = {row["id"]: row["cluster"] for row in predicted}
    if gold and "label" in gold[0]:
        return {"pairs": _score_judged(gold, clusters)}
    languages = sorted({str(row.get("lang", "")) for row in gold} - {""})
    groups = {name: [row for row in gold if row.get("lang") == name] for name in languages}
    return {name: _score_group(rows, clusters) for name, rows in {**groups, "all": list(gold)}.items()}


def _label(clusters: Mapping[Any, Any], name: Any) -> Any:
    return clusters.get(name, ("alone", name))


def _score_judged(gold: Sequence[Row], clusters: Mapping[Any, Any]) -> dict[str, float]:
    same = [row for row in gold if _label(clusters, row["a"]) == _label(clusters, row["b"])]

    def weigh(rows: Sequence[Row], labels: str) -> float:
        return float(sum(row.get("weight", 1) for row in rows if row["label"] in labels))

    accepted = weigh(same, "DPN")
    precision, recall = _share(weigh(same, "D"), accepted), _share(weigh(same, "D"), weigh(gold, "D"))
    return {
        "pairs": len(gold),
        "same": len(same),
        "precision": precision,
        "precision_with_partial": _share(weigh(same, "DP"), accepted),
        "recall": recall,
        "f1": _f1(precision, recall),
    }


def _score_group(rows: Sequence[Row], clusters: Mapping[Any, Any]) -> dict[str, float]:
    cells: Counter[tuple[Any, Any]] = Counter()
    members: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        label = _label(clusters, row["id"])
        cells[row["cluster"], label] += 1
        members[label].append(row["cluster"])
    truth = Counter(row["cluster"] for row in rows)
    found = {label: len(group) for label, group in members.items()}
    agreed = sum(map(_pairs, cells.values()))
    precision = _share(agreed, sum(map(_pairs, found.values())))
    recall = _share(agreed, sum(map(_pairs, truth.values())))
    cubed_precision = _share(sum(count * count / found[label] for (_, label), count in cells.items()), len(rows))
    cubed_recall = _share(sum(count * count / truth[name] for (name, _), count in cells.items()), len(rows))
    wrong = sum(name != group[0] for group in members.values() for name in group[1:])
    return {
        "documents": len(rows),
        "precision": precision,
        "recall": recall,
        "f1": _f1(precision, recall),
        "bcubed_f1": _f1(cubed_precision, cubed_recall),
        "wrongly_removed": wrong,
    }


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _f1(precision: float, recall: float) -> float:
    return _share(2 * precision * recall, precision + recall)
