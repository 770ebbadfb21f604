"""Heads fitted from the features of texts and lessons: on all of them, or without the part that is to be judged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tsur_nlp.learning.features import Factored
from tsur_nlp.learning.linear import Admissible, LinearHead, Margin, Ridge, Setting, fit_linear, scalar_products
from tsur_nlp.learning.metrics import quality

Floats = NDArray[np.float32]
Result = TypeVar("Result")

USUAL = Ridge(alpha=7.0, balance=0.4)
"""Good on all small tables of docs/experiments.md; others are tried on the folds."""
ALPHAS = (2.0, 14.0)
BALANCES = (0.2, 0.6)
MARGINS = (Margin(0.03), Margin(0.01), Margin(0.1))
"""Tried where texts are many: the more there are, the larger errors may weigh."""
MOST_IN_DUAL = 6000
"""Texts and lessons. Beyond it squared hinges are better than ridges, and sooner done (docs/experiments.md)."""
MANY_TEXTS = 6000
"""Texts from which settings are compared on one fold only, which is large enough."""
FEWEST_TO_CALIBRATE = 50
"""Texts. Below this out-of-fold scores say too little; the model is trained, and sends nothing automatically."""


@dataclass(frozen=True)
class Room:
    """What heads are fitted from: features of texts and then of lessons, how much each counts, their products if
    there are few enough; and on how many cores.

    `teaching`: by head, the labels each of them may have; `names`: by head, its labels in order.
    """

    features: Factored
    weights: NDArray[np.float64]
    teaching: Mapping[str, Sequence[Admissible]]
    names: Mapping[str, Sequence[str]]
    texts: int
    jobs: int
    products: Floats | None = field(repr=False, default=None)

    @property
    def lessons(self) -> NDArray[np.int64]:
        return np.arange(self.texts, len(self.weights))

    def with_products(self) -> "Room":
        """With scalar products, if there is room for them."""
        few = len(self.weights) <= MOST_IN_DUAL
        return replace(self, products=scalar_products(self.features.whole())) if few else self


def fit(room: Room, name: str, rows: NDArray[np.int64], setting: Setting) -> LinearHead:
    """A head from the labelled ones among some rows, columns in the order of its names."""
    teaching, names = room.teaching[name], room.names[name]
    used = np.array([i for i in rows if teaching[i]], dtype=np.int64)
    head = fit_linear(room.features, room.products, used, [teaching[i] for i in used], setting, room.weights[used])
    return _in_order(head, names)


def _in_order(head: LinearHead, names: Sequence[str]) -> LinearHead:
    """The head with a column for each name; labels it never saw score lowest of all."""
    if head.labels == tuple(names):
        return head
    column = {label: i for i, label in enumerate(head.labels)}
    coefficients = np.zeros((len(head.coefficients), len(names)), np.float32)
    intercept = np.full(len(names), head.intercept.min() - 1, np.float32)
    for i, name in enumerate(names):
        if name in column:
            coefficients[:, i] = head.coefficients[:, column[name]]
            intercept[i] = head.intercept[column[name]]
    return LinearHead(tuple(names), coefficients, intercept)


def fit_all(room: Room, settings: Mapping[str, Setting]) -> dict[str, LinearHead]:
    """A head for each name, from everything."""
    everything = np.arange(len(room.weights))
    found = _shared_out(room, fit, [(room, name, everything, setting) for name, setting in settings.items()])
    return dict(zip(settings, found, strict=True))


def _scores_of_part(room: Room, name: str, part: NDArray[np.bool_], setting: Setting) -> Floats:
    """Scores of a part of the texts by a head that never saw it; lessons always teach."""
    rows = np.concatenate([np.flatnonzero(~part), room.lessons])
    return fit(room, name, rows, setting).scores(room.features.of(np.flatnonzero(part)))


def _shared_out(room: Room, task: Callable[..., Result], calls: Sequence[tuple[object, ...]]) -> Iterator[Result]:
    """Results of a task in the order of its calls. Ridges are solved one by one on all cores, hinges side by side."""
    workers = Parallel(n_jobs=1 if room.products is not None else room.jobs, return_as="generator")
    with threadpool_limits(room.jobs):
        yield from workers(delayed(task)(*arguments) for arguments in calls)


class Folds:
    """Out-of-fold scores of heads; what was fitted once to compare settings is not fitted again.

    `done` is called after each fit.
    """

    def __init__(self, room: Room, folds: NDArray[np.int64]) -> None:
        self._room = room
        self.folds = folds
        self._numbers = [int(fold) for fold in np.unique(folds)]
        self.done: Callable[[], None] = lambda: None
        self._known: dict[tuple[str, Setting, int], Floats] = {}

    def scores(self, name: str, settings: Sequence[Setting], compared: int | None = None) -> list[Floats]:
        """Scores by each setting, shape (n_texts, n_labels); zeros beyond the `compared` first folds."""
        wanted = [(name, setting, fold) for setting in settings for fold in self._numbers[:compared]]
        missing = [key for key in wanted if key not in self._known]
        calls = [(self._room, name, self.folds == fold, setting) for name, setting, fold in missing]
        for key, found in zip(missing, _shared_out(self._room, _scores_of_part, calls), strict=True):
            self._known[key] = found
            self.done()
        scores = [np.zeros((len(self.folds), len(self._room.names[name])), np.float32) for _ in settings]
        for one, setting in zip(scores, settings, strict=True):
            for fold in self._numbers[:compared]:
                one[self.folds == fold] = self._known[name, setting, fold]
        return scores

    @property
    def _compared(self) -> int:
        """Folds on which settings are compared."""
        return len(self._numbers) if len(self.folds) < MANY_TEXTS else 1

    @property
    def fits_to_choose(self) -> int:
        """Fits until a head's setting is chosen and all its out-of-fold scores are there."""
        if len(self.folds) < FEWEST_TO_CALIBRATE:
            return len(self._numbers)
        settings = len(MARGINS) if self._room.products is None else 1 + len(ALPHAS) + len(BALANCES)
        return settings * self._compared + len(self._numbers) - self._compared

    def best(self, name: str) -> Setting:
        """The setting with the best mean of top-1, top-3 and macro-F1; of ridges, alpha before balance."""
        if len(self.folds) < FEWEST_TO_CALIBRATE:
            return USUAL if self._room.products is not None else MARGINS[0]
        compared = self._compared
        rows = np.flatnonzero(np.isin(self.folds, self._numbers[:compared]))
        labels = self._room.names[name]

        def worth(scores: Floats) -> float:
            truth = settled([self._room.teaching[name][int(i)] for i in rows], scores[rows], labels)
            labelled = [i for i, label in enumerate(truth) if label]
            if not labelled:
                return 0.0
            found = quality(scores[rows][labelled].astype(np.float64), labels, [truth[i] for i in labelled])
            return found.top1 + found.top3 + found.macro_f1

        def best_of(settings: Sequence[Setting]) -> Setting:
            worths = map(worth, self.scores(name, settings, compared))
            return max(zip(worths, settings, strict=True), key=lambda pair: pair[0])[1]

        if self._room.products is None:
            return best_of(MARGINS)
        first = best_of((USUAL, *(Ridge(alpha, USUAL.balance) for alpha in ALPHAS)))
        assert isinstance(first, Ridge)
        return best_of((first, *(replace(first, balance=balance) for balance in BALANCES)))


def settled(rows: Sequence[Admissible], scores: Floats, names: Sequence[str]) -> tuple[str, ...]:
    """The label each text counts as having: the likeliest of those it may have; "" if it is not labelled."""
    column = {name: i for i, name in enumerate(names)}
    return tuple(
        max(row, key=lambda label: float(values[column[label]])) if row else ""
        for row, values in zip(rows, scores, strict=True)
    )
