"""Router: an appeal in, a decision out. The place where a model meets a region.

text → topics (model) → matrix of the region at the place → bodies → doubts → verdict
"""

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import entry_points
from importlib.resources import files
from itertools import islice
from pathlib import Path

from tsur_nlp.catalog.crosswalks import topics_meant_by
from tsur_nlp.catalog.letter_markers import letter_reader
from tsur_nlp.catalog.topics import Catalog, load_catalog
from tsur_nlp.decision.appeal import Appeal, as_appeal, as_name
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import Responsible
from tsur_nlp.errors import ModelError, RegionError
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.calibration import NEVER, OperatingPoint
from tsur_nlp.model.classifier import AppealModel, bounded
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component, Corridor
from tsur_nlp.pipeline.explain import Explainer
from tsur_nlp.pipeline.garbage import garbage_waits
from tsur_nlp.pipeline.promise import Promise, promise
from tsur_nlp.pipeline.reader import MOST_CHARS, MOST_TEXTS, Reader
from tsur_nlp.pipeline.responsible import responsible
from tsur_nlp.pipeline.standard import Thresholds, standard_components
from tsur_nlp.pipeline.topic import TopicComponent
from tsur_nlp.region.competence import CompetenceMatrix
from tsur_nlp.region.loader import load_region
from tsur_nlp.region.region import Region
from tsur_nlp.run_config import AUTOS, DEFAULT_AUTO, DEFAULT_PRECISION, DEFAULT_REGION, Auto, RunConfig


class Router:
    """Decides on appeals with one model and, if given, one region.

    `precision`: the share of right bodies wanted among messages sent automatically (action «auto»); with
    `auto="both"`, of right topics too. `promised`: for «topic» and «authority» the threshold and the share of messages
    expected to reach it, None where the precision can't be promised. `version`: what tells the model from every
    other, if it was loaded from a folder. `topics`: what may be answered: code, title and group of each, each once.

    Threads may share a router.
    """

    def __init__(
        self,
        model: AppealModel,
        region: Region | None,
        precision: float = DEFAULT_PRECISION,
        auto: Auto = DEFAULT_AUTO,
        components: Sequence[Component] = (),
    ):
        """`components`: a host's own, run before the verdict. Raises ModelError, PipelineError."""
        if auto not in AUTOS:
            raise ModelError(f"auto={auto!r} не годится: нужно «body» (уверен орган) или «both» (и тема, и орган)")
        self.model = model
        self.version = ""
        self.region = region
        self.auto = auto
        self.catalog: Catalog = load_catalog()
        self._check_labels()
        titles = [self._title(label) for label in model.heads["topic"].labels]
        self.topics = tuple(dict.fromkeys(titles))
        self.explainer = Explainer(model, self.catalog, titles)
        self.matrix = CompetenceMatrix(region, [code for code, _, _ in titles]) if region else None
        self.promise: Promise | None = None
        if self.matrix is not None and model.held_out is not None:
            self.promise = promise(self.matrix, model.held_out, precision)
        self.promised = self._promised(precision)
        self.corridor = Corridor(
            standard_components(
                model=model,
                region=region,
                matrix=self.matrix,
                explainer=self.explainer,
                promise=self.promise,
                thresholds=Thresholds(self.promised, self.promise, region),
                auto=auto,
                own=components,
                decide=self._run,
            )
        )
        self.reader = Reader(letter_reader())
        asked = [head for one in self.corridor.components if isinstance(one, TopicComponent) for head in one.heads]
        self._store = model.word_store(self.traits, asked)

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        region: str | Path | None = None,
        precision: float = DEFAULT_PRECISION,
        auto: Auto = DEFAULT_AUTO,
        components: Sequence[Component] = (),
    ) -> "Router":
        """The shipped model with the default region, or a folder of each.

        A model of one's own without a region answers with its own labels. Components of installed packages (entry
        points of the group «tsur_nlp.components», each a class or a function that makes one) come after `components`.
        Raises ModelError, RegionError, PipelineError.
        """
        if not (isinstance(precision, float) and 0 < precision < 1):
            raise ModelError(f"точность {precision} не годится: нужно число между 0 и 1, например 0.9")
        if region is None and model is None:
            region = DEFAULT_REGION
        folder = Path(model) if model else shipped_model()
        weights = storage.load(folder)
        own = (*components, *installed_components())
        router = cls(weights, load_region(region) if region is not None else None, precision, auto, own)
        router.version = f"{weights.about.get('name', 'модель')} {storage.version(folder)}"
        return router

    @classmethod
    def configured(cls, config: RunConfig) -> "Router":
        """The router that a table, a service or a command was asked to use. Raises as `load`."""
        return cls.load(config.model, config.region, config.precision, config.auto)

    def route(self, appeal: Appeal | str) -> Decision:
        """The decision on one appeal; a bare string is an appeal without anything else. Raises AppealError."""
        return next(self.route_many([appeal]))

    def route_many(self, appeals: Iterable[Appeal | str]) -> Iterator[Decision]:
        """Decisions in the order of the appeals. Any iterable is taken, a block at a time. Raises AppealError."""
        for block in self.blocks(appeals):
            yield from block.decisions()

    def blocks(self, appeals: Iterable[Appeal | str]) -> Iterator[Block]:
        """The same, as columns of at most some hundreds of rows."""
        stream = iter(appeals)
        while taken := [as_appeal(item) for item in islice(stream, MOST_TEXTS)]:
            for part in bounded([len(appeal.text) for appeal in taken], MOST_CHARS):
                with garbage_waits():
                    block = self._decided(taken[part])
                yield block

    def _decided(self, appeals: Sequence[Appeal]) -> Block:
        if self._store.full:
            self._store = self._store.fresh()
        store = self._store
        read = self.reader.read([appeal.text for appeal in appeals], store)
        block = Block(appeals, read.texts, read.numbers, read.lengths, store, self.corridor.bits)
        for row in read.only_quoted:
            block.doubts[row].append(Reason("only_quoted"))
        self.corridor.run(block)
        return block

    def traits(self, word: str, lemma: str) -> int:
        """What a store of words must know of each for this router: a bit for each component, and for the reader."""
        return self.corridor.traits(word, lemma) | self.reader.traits(word)

    def _run(self, block: Block) -> None:
        self.corridor.run(block)

    def responsible(
        self, topic: str, territory: str | None = None, account: str | None = None, channel: str | None = None
    ) -> tuple[Responsible, ...]:
        """Who answers for a topic that somebody chose already, best first, at least one.

        `topic`: code or title; `territory`: code, title or alias. Raises CatalogError for an unknown topic, RegionError
        for an unknown territory or without a region; both name the nearest known one; AppealError for
        what is not a name.
        """
        if self.matrix is None:
            raise RegionError("без региона органа не назвать: Router.load(region=…)")
        given = {"territory": territory, "account": account, "channel": channel}
        return responsible(self.matrix, as_name("topic", topic) or "", **{n: as_name(n, v) for n, v in given.items()})

    def threshold(self, head: str) -> float:
        """The least confidence for sending automatically; above 1 where the model can't promise the precision."""
        point = self.promised.get(head, self.promised["topic"])
        return point.threshold if point else NEVER

    def _promised(self, precision: float) -> dict[str, OperatingPoint | None]:
        points = {name: head.selected(precision) for name, head in self.model.heads.items()}
        if self.promise is not None:
            points["authority"] = self.promise.typical().point
        return points

    def _check_labels(self) -> None:
        """Raises ModelError for a model that says its labels are the catalogue's when they are not."""
        heads = self.model.heads
        topics = heads["topic"].labels if self.model.catalog_topics else ()
        roles = heads["authority"].labels if self.model.roles and "authority" in heads else ()
        for labels, known, what in ((topics, self.catalog.topics, "тем"), (roles, self.catalog.roles, "ролей")):
            if unknown := [label for label in labels if label not in known]:
                raise ModelError(
                    f"модель называет {len(unknown)} {what}, которых нет в каталоге; нужна модель этой версии"
                )

    def _title(self, label: str) -> tuple[str, str, str]:
        """Code, title and group of a label: the catalogue's where it is one, or where a region asks for it."""
        code = label if self.model.catalog_topics else ""
        if not code and self.region:
            code = next(iter(topics_meant_by(label)), "")
        if not code:
            return label, label, ""
        topic = self.catalog.topics[code]
        return code, topic.title, topic.group_title


def installed_components() -> list[Component]:
    """Components that installed packages bring."""
    return [point.load()() for point in entry_points(group="tsur_nlp.components")]


def shipped_model() -> Path:
    """The folder of the shipped model: inside the installed package, or beside it in a checkout."""
    inside = Path(str(files("tsur_nlp"))) / "models" / "default"
    checkout = Path(__file__).parents[2] / "models" / "default"
    return inside if inside.is_dir() else checkout
