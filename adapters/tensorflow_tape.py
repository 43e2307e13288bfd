"""Stories of leaves and tapes in TensorFlow's statements: variables, `tf.GradientTape`, gradients returned as values.

What the statements mean, as TensorFlow documents them (https://www.tensorflow.org/guide/autodiff and
https://www.tensorflow.org/guide/advanced_autodiff):

* A leaf is a `tf.Variable`, a constant a `tf.constant`.  A tape watches a variable when it is read while the tape records;
  a constant, and any array made before the tape, is not watched.
* The first ``apply`` opens a tape.  Every following step stands inside its block, up to the first ``gradient``, which stands
  after the block; the next ``apply`` then opens the next tape.  Tapes know nothing of each other: what an earlier tape
  recorded is a constant to a later one.
* An array belongs to the tape that was open when it was made, else to the next one opened; ``gradient`` asks the tape
  of the array that is differentiated, and a tape is opened for it where there is none yet.
* A tape answers once: its second ``gradient`` raises RuntimeError.  When any ``gradient`` of a tape has ``retain_graph``
  set, the tape is persistent and answers as often as it is asked.
* In a story where some ``gradient`` has ``create_graph`` set, one persistent tape is open from the first ``apply`` (or
  ``gradient``) to the end: it records the gradients with ``create_graph``, and the others stand in its `stop_recording`.
  ``retain_graph=False`` cannot take that back.
* A gradient is None at an array to which no recorded op leads back: at constants, through `tf.stop_gradient`, through
  ops applied while not recording, through arrays of an earlier tape.  So is the derivative of a gradient that the rule
  computes without the array in question (that of a + a, at a); a model may take None for zero.  There is no refusal,
  so ``allow_unused`` changes nothing.  At the array that is itself differentiated the answer is the cotangent, whether
  or not it is watched.
* Without a cotangent the elements of the array are summed.
* ``update`` changes the variable and is no recorded op: ops already recorded keep the value they read, and a gradient at
  the variable sums over all its reads, before and after.  Tensors are never changed in place.
* Gradients are returned.  Nothing is stored in a leaf, so nothing is walked into it, accumulated, retained or zeroed.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd_conformance.adapters.translator import Table, TranslatingTape
from autograd_conformance.tape import NoSuchConcept, Query, Step

NOTHING_STORED = "gradients are returned by the tape, nothing is stored in an array"
LOOKUPS = ("tf.gather", "tf.nn.embedding_lookup")
"""Functions whose gradient is a list of rows, a `tf.IndexedSlices`."""
NO_FLAGS = "no array carries a flag: what is differentiated is what a tape watches and is asked for"


class TensorFlowTape(TranslatingTape):
    """Writes a story as blocks: statements of their own, and those inside one tape."""

    imports = "import tensorflow as tf"

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._begin(())

    def _begin(self, steps: Sequence[Step]) -> None:
        applied = [self.expression_of(step) for step in steps if step.verb == "apply"]
        self._is_sparse = any(lookup in text for lookup in LOOKUPS for text in (*applied, *self.definitions_of(steps)))
        self._is_recorded = any(step.options.get("create_graph") for step in steps)
        self._blocks: list[tuple[int, list[str]]] = []
        """Number of the tape, 0 outside, and the statements."""
        self._opened, self._is_open = 0, False
        self._asked = 0
        self._tape_of: dict[str, int] = {}
        self._variables: set[str] = set()
        self._persistent: set[int] = {1} if self._is_recorded else set()

    def story(self, steps: Sequence[Step]) -> str:
        self._begin(steps)
        for step in steps:
            self._arrange(step)
            lines = self.lines(step)
            tape = self._opened if self._is_open else 0
            if not self._blocks or self._blocks[-1][0] != tape:
                self._blocks.append((tape, []))
            self._blocks[-1][1].extend(lines)
        written = [line for tape, lines in self._blocks for line in self._block(tape, lines)]
        return "\n".join(written) + "\n"

    def _block(self, tape: int, lines: list[str]) -> list[str]:
        if not tape:
            return lines
        persistent = "persistent=True" if tape in self._persistent else ""
        return [f"with tf.GradientTape({persistent}) as tape{tape}:", *(f"    {line}" for line in lines or ["pass"])]

    def _arrange(self, step: Step) -> None:
        """Open or close a tape, as the step demands."""
        if step.verb == "gradient":
            self._asked = self._tape_of.get(step.name, self._opened)
            if step.options["retain_graph"]:
                self._persistent.add(self._asked)
            if self._asked > self._opened:
                self._open()
            self._is_open = self._is_open and self._is_recorded
        elif step.verb == "apply" and not self._is_open:
            self._open()
        made = step.options["names"] if step.verb == "gradient" else [step.name]
        if step.verb in ("leaf", "constant", "apply", "detach", "gradient"):
            self._variables.difference_update(made)
            self._tape_of |= dict.fromkeys(made, self._opened if self._is_open else self._opened + 1)

    def _open(self) -> None:
        self._opened, self._is_open = self._opened + 1, True
        self._blocks.append((self._opened, []))

    def _unrecorded(self, statement: str) -> str:
        return f"with tape{self._opened}.stop_recording():\n    {statement}" if self._is_open else statement

    def query(self, query: Query) -> str:
        if query.about == "value":
            return query.name
        raise NoSuchConcept(NOTHING_STORED if query.about == "gradient" else NO_FLAGS)

    def leaf(self, step: Step) -> str:
        self._variables.add(step.name)
        return f"{step.name} = tf.Variable({step.options['value']!r}, dtype=tf.float64)"

    def constant(self, step: Step) -> str:
        return f"{step.name} = tf.constant({step.options['value']!r}, dtype=tf.float64)"

    def apply(self, step: Step) -> str:
        value = self.expression_of(step)
        if value in step.operands:  # an op that changes nothing still makes an array of its own
            value = f"tf.identity({value})"
        statement = f"{step.name} = {value}"
        return statement if step.options["recording"] else self._unrecorded(statement)

    def detach(self, step: Step) -> str:
        return f"{step.name} = tf.stop_gradient({step.operands[0]})"

    def gradient(self, step: Step) -> str:
        cotangent = step.options["cotangent"]
        seed = "" if cotangent is None else f", output_gradients=tf.constant({cotangent!r}, dtype=tf.float64)"
        answer = f"tape{self._asked}.gradient({step.name}, [{', '.join(step.operands)}]{seed})"
        if self._is_sparse:  # the gradient of a lookup is a list of rows until it is asked to be an array
            dense = "tf.convert_to_tensor(each) if isinstance(each, tf.IndexedSlices) else each"
            answer = f"[{dense} for each in {answer}]"
        statement = f"[{', '.join(step.options['names'])}] = {answer}"
        return statement if step.options["create_graph"] else self._unrecorded(statement)

    def update(self, step: Step) -> str:
        if step.name not in self._variables:
            raise NoSuchConcept("a tensor is never changed in place, only a variable is")
        statement = f"{step.name}.assign({step.name} + {step.options['by']!r})"  # assign_add wants the variable's shape
        return statement if step.options["recording"] else self._unrecorded(statement)

    def backward(self, step: Step) -> str:
        raise NoSuchConcept(NOTHING_STORED)

    def zero(self, step: Step) -> str:
        raise NoSuchConcept(NOTHING_STORED)

    def retain_grad(self, step: Step) -> str:
        raise NoSuchConcept(NOTHING_STORED)
