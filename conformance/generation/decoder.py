"""From genes to a case.

Any list of genes is a valid case: the op is chosen first, then operands are found or made to fit.  Decoding executes as it
goes, so a node that would be undefined, out of range or undecided is seen at once and repaired by an honest node (a shift,
a scale, a reshape) or replaced by the next op.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from autograd_conformance.case import Case
from autograd_conformance.generation.builder import Builder, Choices, DoesNotFit, Gene
from autograd_conformance.generation.fitting import condition, first_operand, operand, place_repaired, repaired
from autograd_conformance.generation.pruning import needed, renumbered
from autograd_conformance.generation.quota import CANDIDATES, Quota
from autograd_conformance.generation.style import EMPTY_SHAPES, PLAIN, Style
from autograd_conformance.graph import Shape
from autograd_conformance.ops.op import Arrangement, Op

REDRAWS = 3
"""Times an arrangement is drawn again where a style prefers operands of different shapes."""


def decode(
    genes: Sequence[Gene],
    numbers: Sequence[int],
    shape: int,
    ops: Sequence[Op],
    stratum: str = "core",
    style: Style = PLAIN,
    quota: Quota | None = None,
) -> Case:
    """The case these genes stand for.

    ``numbers`` are integers from which input elements are cycled, ``shape`` chooses the first input's shape, ``ops`` is
    the vocabulary of the stratum.  With a ``quota``, every gene takes the op drawn least among a few that it names.
    """
    seed = sum(gene.op * 31 + gene.choice for gene in genes) & 0x7FFFFFFF
    builder = Builder(numbers, seed)
    is_empty = style.empty_every and shape % style.empty_every == style.empty_every - 1
    pool = EMPTY_SHAPES if is_empty else style.shapes
    builder.add_input(pool[shape % len(pool)])
    placed: Counter[str] = Counter()
    for position, gene in enumerate(genes):
        for choice in _order(gene, position, ops, quota, placed):
            mark = builder.mark()
            try:
                _place(builder, ops[choice], gene, style)
                placed[ops[choice].name] += 1
                break
            except DoesNotFit:
                builder.rewind(mark)
    return _finish(builder, stratum, style)


def _order(gene: Gene, position: int, ops: Sequence[Op], quota: Quota | None, placed: Counter[str]) -> Iterator[int]:
    """Positions in ``ops`` in the order in which this gene tries them."""
    count = len(ops)
    first = gene.op + 7 * position  # Hypothesis favours simple strings; every op takes its turn there
    tried: list[int] = []
    if quota is not None:
        choices = Choices(gene.op, position)
        named = (first % count, *(choices.below(count) for _ in range(CANDIDATES - 1)))
        tried = quota.order(ops, named, placed)
        yield from tried
    for turn in range(count):
        if (first + turn) % count not in tried:
            yield (first + turn) % count


def _place(builder: Builder, op: Op, gene: Gene, style: Style) -> None:
    choices = Choices(gene.choice, gene.second)
    first = first_operand(builder, op, gene, style)
    arrangement = _arranged(op, choices, builder.shapes[first], style)
    if op.operands[0] == "bool":
        decided = condition(builder, first, choices)
        others = [first, *(operand(builder, shape, gene, choices, op, 2) for shape in arrangement.shapes[1:])]
        operands = [decided, *others]
    else:
        operands = [repaired(builder, first, op.domain(0))]
        for slot, shape in enumerate(arrangement.shapes, start=1):
            found = operand(builder, shape, gene, choices, op, slot)
            operands.append(repaired(builder, found, op.domain(slot)))
    mark = builder.mark()
    try:
        result = builder.add(op.name, operands, dict(arrangement.attributes))
    except DoesNotFit:
        builder.rewind(mark)
        result = place_repaired(builder, op, operands, dict(arrangement.attributes), choices)
    if op.result == "bool":
        chosen = [operand(builder, builder.shapes[result], gene, choices, op, slot) for slot in (1, 2)]
        builder.add("where", (result, *chosen))


def _arranged(op: Op, choices: Choices, shape: Shape, style: Style) -> Arrangement:
    arrangement = op.arrange(choices, shape)
    for _ in range(REDRAWS if style.broadcasts else 0):
        if any(other != shape for other in arrangement.shapes):
            break
        arrangement = op.arrange(choices, shape)
    return arrangement


def _finish(builder: Builder, stratum: str, style: Style) -> Case:
    """Outputs are the newest values nobody consumes; inputs come first in the numbering of the finished graph."""
    used = {number for node in builder.nodes for number in node.operands}
    floats = builder.of_kind("float")
    used.update(builder.inputs)
    sinks = [number for number in floats if number not in used]
    outputs = (sinks or floats)[-style.most_outputs :]
    numbered = list(zip(builder.results, builder.nodes, strict=True))
    graph = renumbered(builder.inputs, [array.shape for array in builder.points], needed(numbered, outputs), outputs)
    return Case(graph, tuple(builder.points), stratum)
