"""Judging an adapter class within the process, as a run judges it through a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autograd_conformance.adapter import Adapter
from autograd_conformance.case import Case
from autograd_conformance.discovery import AdapterSpec
from autograd_conformance.investigation import Investigator
from autograd_conformance.laws import LAWS, Law
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.worker.description import Description
from autograd_conformance.worker.questions import Answer, Question, question_to_plain
from autograd_conformance.worker.serve import Server


class AskedHere:
    """One adapter class in one mode, judged by ``laws``; ``questions`` counts what it was asked."""

    def __init__(self, adapter: type[Adapter], mode: str = "eager", laws: Mapping[str, Law] = LAWS) -> None:
        self._server = Server(adapter)
        described = self._server.describe(mode, list(VOCABULARY))
        self.planned = PlannedAdapter(
            AdapterSpec(f"{adapter.__module__}:{adapter.__name__}:{mode}", "", mode), Description(**described), {}
        )
        self.questions = 0
        self.investigator = Investigator(laws, estimate, self._ask)

    def _ask(self, _adapter: PlannedAdapter, questions: list[Question]) -> list[Answer]:
        self.questions += len(questions)
        return [self._server.answer(question_to_plain(question)) for question in questions]

    def fails(self, dtype: str, law: str) -> Callable[[Case], bool]:
        """Whether this law gives `disagree` in this dtype, as a function of the case."""

        def disagrees(case: Case) -> bool:
            verdict = self.investigator.judge(self.planned, case, (dtype,), law).verdicts.get((dtype, law))
            return verdict is not None and verdict.name == "disagree"

        return disagrees
