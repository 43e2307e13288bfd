"""The model of leaves and tapes: which statements raise, and the answer to every question.

It follows what frameworks document, and where they are silent it says `Unspecified` instead of an answer, so that no
program depends on it.  Silence, so far:

- what a walk that was refused on its way has already stored or freed (refused at its first op, it has done neither);
- gradients of intermediates that retain theirs after `gradient`, and whether that uses and frees the ops that made the
  arrays it is asked for (unless a framework documents it);
- whether a constant derivative, as of 2*a, is part of the graph, and second derivatives of relu;
- derivatives at kinks, and which of operand and result relu saves;
- whether gradients handed back share their numbers, or their place in the graph, with each other or with the cotangent:
  they are not changed in place, retained, or differentiated for;
- a saved value that was changed and that this walk does not need;
- numbers so large that they might be rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd_conformance.exploration.arrays import Array, Leaf, Node, Slot, Storage, Unclear
from autograd_conformance.exploration.rules import STORY_OPS, apply
from autograd_conformance.exploration.semantics import Refusal, Semantics, Unspecified
from autograd_conformance.exploration.values import (
    TooLarge,
    full_of,
    shape_of,
    value_from_plain,
    value_to_plain,
)
from autograd_conformance.exploration.walk import (
    Plan,
    Target,
    cotangent_of,
    gradients,
    plan,
    refusals,
    slots_of,
    sum_of,
)
from autograd_conformance.tape import Query, Step

Refusals = frozenset[Refusal]
DONE: Refusals = frozenset()


class Model:
    """The state after some statements.  ``foresee`` takes one more; one that is `Unspecified` changes nothing."""

    def __init__(self, semantics: Semantics) -> None:
        self.semantics = semantics
        self.arrays: dict[str, Array | None] = {}
        self.slots: dict[str, Slot] = {}
        self._verbs: Mapping[str, Callable[[Step], Refusals]] = {
            "leaf": self._leaf,
            "constant": self._constant,
            "apply": self._apply,
            "detach": self._detach,
            "retain_grad": self._retain_grad,
            "backward": self._backward,
            "gradient": self._gradient,
            "zero": self._zero,
            "update": self._update,
        }

    def foresee(self, step: Step) -> Refusals:
        """Why the statement raises; empty when it does not.  Several reasons: any of them.  Raises Unspecified."""
        if step.verb not in self.semantics.verbs:
            raise Unspecified(f"{self.semantics.name} has no {step.verb}")
        try:
            return self._verbs[step.verb](step)
        except TooLarge as failure:
            raise Unspecified(f"{failure} is too large to be exact for certain") from None

    def answer(self, query: Query) -> Any:
        """Plain data.  Raises Unspecified."""
        if query.about not in self.semantics.queries:
            raise Unspecified(f"{self.semantics.name} has no {query.about}")
        array = self.arrays[query.name]
        if array is None:
            if query.about == "value":
                return None
            raise Unspecified("None has no properties")
        if query.about == "value":
            return value_to_plain(array.value)
        if query.about == "gradient":
            return self._stored(query.name)
        if isinstance(array.source, Unclear):
            raise Unspecified("whether a constant derivative is part of the graph")
        answers = {
            "is_leaf": not isinstance(array.source, Node),
            "requires_grad": array.requires_grad,
            "has_grad_fn": isinstance(array.source, Node),
        }
        return answers[query.about]

    def _stored(self, name: str) -> Any:
        slot = self.slots[name]
        if slot.is_unknown:
            raise Unspecified("what a refused walk has stored")
        return None if slot.gradient is None else value_to_plain(slot.gradient)

    def _array(self, name: str) -> Array:
        array = self.arrays[name]
        if array is None:
            raise Unspecified("nothing can be done with None")
        return array

    def _read(self, name: str) -> Array:
        array = self._array(name)
        if not self.semantics.keeps_what_it_reads:
            return array
        return Array(Storage(array.value), array.source, array.is_answer)

    def _name(self, name: str, array: Array | None) -> None:
        self.arrays[name] = array
        self.slots[name] = array.source.slot if array is not None and isinstance(array.source, Leaf) else Slot()

    # Arrays.

    def _leaf(self, step: Step) -> Refusals:
        self._name(step.name, Array(Storage(value_from_plain(step.options["value"])), Leaf()))
        return DONE

    def _constant(self, step: Step) -> Refusals:
        self._name(step.name, Array(Storage(value_from_plain(step.options["value"]))))
        return DONE

    def _apply(self, step: Step) -> Refusals:
        operands = [self._read(name) for name in step.operands]
        op = step.options["op"]
        if op not in STORY_OPS or (op == "sum" and operands[0].shape is None):
            raise Unspecified(f"{op} of such operands is not modelled")
        attributes = step.options["attributes"]
        self._name(step.name, apply(op, *operands, recording=step.options["recording"], **attributes))
        return DONE

    def _detach(self, step: Step) -> Refusals:
        array = self._read(step.operands[0])
        self._name(step.name, Array(array.storage, None, array.is_answer))
        return DONE

    def _update(self, step: Step) -> Refusals:
        array, by, recording = self._array(step.name), step.options["by"], step.options["recording"]
        if array.is_answer:
            raise Unspecified("what shares its numbers with a gradient that was handed back")
        is_variable = isinstance(array.source, Leaf)
        if self.semantics.keeps_what_it_reads:
            if not is_variable or array.shape is not None:
                raise Unspecified("only variables are changed in place, by a number of their shape")
            recording = False
        elif recording and is_variable:
            return frozenset({Refusal.LEAF_CHANGED})
        changed = apply("shift", array, recording=recording, offset=by)
        if isinstance(changed.source, Node):
            self._move_retained(step.name, array.source, changed.source)
            self.arrays[step.name] = Array(array.storage, changed.source)
        array.storage.value = changed.value
        array.storage.version += 1
        return DONE

    def _move_retained(self, name: str, before: object, after: Node) -> None:
        slot = self.slots[name]
        if not isinstance(before, Node) or slot not in before.retained:
            return
        if self.semantics.retained_follows_update is None:
            raise Unspecified("which value's gradient is retained after a change in place")
        if self.semantics.retained_follows_update:
            before.retained.remove(slot)
            after.retained.append(slot)

    # Gradients that are stored.

    def _retain_grad(self, step: Step) -> Refusals:
        array = self._array(step.name)
        if array.is_answer or isinstance(array.source, Unclear):
            raise Unspecified("the place of a gradient in the graph")
        if array.source is None:
            return frozenset({Refusal.NOTHING_TO_RETAIN})
        if isinstance(array.source, Node) and self.slots[step.name] not in array.source.retained:
            array.source.retained.append(self.slots[step.name])
        return DONE

    def _zero(self, step: Step) -> Refusals:
        array, slot = self._array(step.name), self.slots[step.name]
        if not isinstance(array.source, Leaf) and slot.gradient is None:
            raise Unspecified("zeroing what stores no gradient")
        if step.options["to_none"]:
            slot.gradient, slot.is_unknown = None, False
        elif slot.is_unknown:
            raise Unspecified("what a refused walk has stored")
        elif slot.gradient is not None:
            slot.gradient = full_of(0.0, shape_of(slot.gradient))
        return DONE

    # Walks.

    def _backward(self, step: Step) -> Refusals:
        output = self._array(step.name)
        if refused := self._refused_at_once(output, step):
            return refused
        walk, refused = self._planned(output, None, step)
        if refused:
            return refused
        totals = gradients(walk, cotangent_of(output, step.options["cotangent"]), step.options["create_graph"])
        arrived = [(slot, total.value) for target, total in totals.items() for slot in slots_of(target)]
        sums = [(slot, value if slot.gradient is None else sum_of(slot.gradient, value)) for slot, value in arrived]
        for slot, value in sums:
            slot.gradient = value
        self._free(walk, step)
        return DONE

    def _gradient(self, step: Step) -> Refusals:
        output, inputs = self._array(step.name), [self._array(name) for name in step.operands]
        if any(each.is_answer or isinstance(each.source, Unclear) for each in inputs):
            raise Unspecified("the place of a gradient in the graph")
        refused = self._refused_at_once(output, step)
        if not self.semantics.is_none_without_path and any(each.source is None for each in inputs):
            refused |= {Refusal.INPUT_PLAIN}
        if refused:
            return refused
        if output.source is None:
            cotangent = cotangent_of(output, step.options["cotangent"])
            found = [cotangent if name == step.name else None for name in step.operands]
        else:
            targets = [each.source for each in inputs if isinstance(each.source, (Leaf, Node))]
            walk, refused = self._planned(output, targets, step)
            if refused:
                return refused
            totals = gradients(walk, cotangent_of(output, step.options["cotangent"]), step.options["create_graph"])
            self._fill_retained(walk)
            self._free(walk, step)
            found = [totals.get(each.source) if isinstance(each.source, (Leaf, Node)) else None for each in inputs]
        for name, total in zip(step.options["names"], found, strict=True):
            self._name(name, None if total is None else Array(total.storage, total.source, True))
        return DONE

    def _refused_at_once(self, output: Array, step: Step) -> Refusals:
        """Before anything is walked."""
        if isinstance(output.source, Unclear):
            raise Unspecified("whether a constant derivative is part of the graph")
        reasons = set()
        if output.source is None and not self.semantics.is_none_without_path:
            reasons.add(Refusal.NOTHING_RECORDED)
        cotangent = step.options["cotangent"]
        if cotangent is None:
            if (output.shape or 1) > 1 and not self.semantics.sums_without_cotangent:
                reasons.add(Refusal.COTANGENT_MISSING)
        elif shape_of(value_from_plain(cotangent)) != output.shape:
            if Refusal.COTANGENT_SHAPE not in self.semantics.gists:
                raise Unspecified("a cotangent of another shape")
            reasons.add(Refusal.COTANGENT_SHAPE)
        return frozenset(reasons)

    def _planned(self, output: Array, targets: list[Target] | None, step: Step) -> tuple[Plan, Refusals]:
        """The walk, and why it is refused on its way; then what it has reached is unknown from now on."""
        assert isinstance(output.source, (Leaf, Node))
        walk, is_recorded = plan(output.source, targets), step.options["create_graph"]
        ends = {target for target in walk.reached if isinstance(target, Node)} - set(walk.nodes)
        is_silent = bool(ends) and not self.semantics.gradient_ends_at_inputs
        if is_silent and (not self._keeps(step) or is_recorded or any(refusals(walk, node, False) for node in ends)):
            raise Unspecified("whether the ops that made the inputs are used and freed")
        faulty = {node: found for node in walk.nodes if (found := refusals(walk, node, is_recorded))}
        is_first = bool(walk.nodes) and walk.nodes[0] in faulty
        if is_first:
            faulty = {walk.nodes[0]: faulty[walk.nodes[0]]}
        reasons = set[Refusal]().union(*faulty.values())
        is_allowed = self.semantics.is_none_without_path or step.options.get("allow_unused", False)
        if targets is not None and not is_allowed and set(targets) - walk.reached:
            reasons.add(Refusal.UNCONNECTED)
        if reasons:
            if not (is_first or self._keeps(step)):
                for node in walk.nodes:
                    node.is_unknown = True
            if targets is None:
                for slot in (slot for target in walk.reached for slot in slots_of(target)):
                    if not is_first or slot in slots_of(walk.root):
                        slot.is_unknown = True
            else:
                self._fill_retained(walk)
        return walk, frozenset(reasons)

    def _fill_retained(self, walk: Plan) -> None:
        """After `gradient`, or one that was refused."""
        if not self.semantics.gradient_stores_nothing:
            for slot in (
                slot for target in {walk.root, *walk.reached} if isinstance(target, Node) for slot in target.retained
            ):
                slot.is_unknown = True

    def _keeps(self, step: Step) -> bool:
        retain: bool | None = step.options["retain_graph"]
        return self.semantics.is_persistent or (step.options["create_graph"] if retain is None else retain)

    def _free(self, walk: Plan, step: Step) -> None:
        for node in walk.nodes:
            if not self._keeps(step) and node.saves_something:
                node.is_freed = True
