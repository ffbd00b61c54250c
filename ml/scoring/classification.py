"""How well chances tell classes apart, by the measures that classifiers are known by."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def classification(label: Labels, chance: Floats) -> dict[str, float]:
    """Return `accuracy, precision, recall, f1_score, auc` of chances, shape (n, classes).

    The likeliest class is the answer. Precision, recall and F1 are means over
    classes (macro), 0 for a class that was never answered; `auc` is the mean over
    classes of one against the rest (Hand and Till's plain variant), NaN where a
    class never came.
    """
    answer = chance.argmax(axis=1)
    classes = range(chance.shape[1])
    hit = np.array([((answer == c) & (label == c)).sum() for c in classes], np.float64)
    said = np.array([(answer == c).sum() for c in classes], np.float64)
    came = np.array([(label == c).sum() for c in classes], np.float64)
    precision, recall = _share(hit, said), _share(hit, came)
    f1 = _share(2 * precision * recall, precision + recall)
    return {
        "accuracy": float((answer == label).mean()),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1_score": float(f1.mean()),
        "auc": float(np.mean([area(chance[:, c], label == c) for c in classes])),
    }


def area(score: Floats, happened: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve, ties counted half; NaN without both outcomes."""
    positives = int(happened.sum())
    negatives = len(happened) - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    above = rank[inverse][happened].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
