"""Where each parameter of a node gets its value: an edge, a resource, the context or the input."""

from __future__ import annotations

from functools import reduce
from operator import or_
from types import NoneType
from typing import TYPE_CHECKING, Any

from workflow_engine.call import Argument, compose
from workflow_engine.contrast import contrast
from workflow_engine.missing import MISSING
from workflow_engine.names import is_near, listed, meant, nearest
from workflow_engine.node import InputSource, LocalSource, Source, is_expression
from workflow_engine.replace import replace
from workflow_engine.schema import Misfit, Schema, covers, fits
from workflow_engine.signature import Parameter, Signature
from workflow_engine.typeform import bare, describe, is_open, is_own_class, members, origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow_engine.build import Build
    from workflow_engine.node import FunctionNode

__all__ = ["add_call", "input_name"]


def add_call(build: Build, node: FunctionNode[..., Any, Any]) -> None:
    """Add a Python node to the graph of a plan.

    Args:
        build: The plan that is being built.
        node: The node.
    """
    signature = build.signature(node)
    for flaw in signature.flaws:
        build.faults.add(flaw.code, flaw.message, flaw.remedy, node=node.name)
    arguments = [_bind(build, node, parameter) for parameter in signature.parameters]
    arguments += _extra(build, node, signature)
    function, asynchronous = build.callable(node), signature.asynchronous
    if node.name in build.replacements:
        replaced = replace(build, node, arguments)
        function, arguments, asynchronous = replaced
    resources = [
        argument.resource
        for argument in arguments
        if argument.resource is not None and argument.passed != "dropped"
    ]
    if not asynchronous:
        for resource in resources:
            if resource.asynchronous:
                build.open_first.setdefault(resource, node.name)
    if node.caller and node.timeout is not None:
        message = '`thread="caller"` cannot be left when the timeout is over'
        build.faults.add("caller-timeout", message, "leave out one of the two", node=node.name)
    build.asynchronous |= asynchronous
    build.inline &= node.caller and not asynchronous
    schema = build.schema(signature.returns, node.name, "returns")
    retry = node.retry
    build.graph.call(
        node.name,
        compose(function, arguments, asynchronous=asynchronous),
        [argument.input for argument in arguments if argument.input is not None],
        after=[name for other in node.after if (name := build.find_node(other, node.name, "`after`"))],
        asynchronous=asynchronous,
        caller=node.caller,
        exact=schema.exact,
        coerce=None if schema.exact is None else schema.validate,
        dump=schema.dump,
        retry=None if retry is None else retry.to_core(node.name),
        retry_on=None if retry is None else retry.retries,
        timeout=node.timeout,
    )


def input_name(build: Build) -> str | None:
    """Give the name, beside `input`, by which the nodes of a workflow take its input.

    It is that of the first parameter with the input's type that is nothing else.
    """
    for node in build.function_nodes():
        for parameter in build.signature(node).parameters[node.leading :]:
            name = parameter.name
            known = name == "input" or name in node.inputs or name in build.nodes or name in build.resources
            if not known and _is_input_type(build, parameter) and not _misspelt(build, parameter):
                return parameter.name
    return None


def _is_input_type(build: Build, parameter: Parameter) -> bool:
    form = bare(build.declarations.input)
    return parameter.annotated and is_own_class(form) and bare(parameter.type) == form


def _misspelt(build: Build, parameter: Parameter) -> str | None:
    return is_near(parameter.name, build.nodes)


def _bind(build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter) -> Argument:
    name = parameter.name
    passed = "keyword" if parameter.keyword else "position"
    if name in node.inputs:
        argument = _given(build, node, parameter, node.inputs[name])
    elif name in build.locals:
        argument = _local(build, node, parameter, name, build.locals[name][0])
    elif name in build.nodes:
        argument = _edge(build, node, parameter, name)
    elif name in build.resources:
        argument = _resource(build, node, parameter, name)
    elif (found := _resource_of_type(build, node, parameter)) is not None:
        argument = _resource(build, node, parameter, found)
    elif _is_context(parameter):
        argument = Argument(name, ("context",))
    elif name == "input":
        argument = _input(build, node, parameter)
    elif _is_input_type(build, parameter) and not _misspelt(build, parameter):
        expected = build.input_name
        if name != expected:
            message = f"the input is called `{expected}` in this workflow, not `{name}`"
            remedy = f"write `{expected}: {describe(parameter.type)}`"
            build.faults.add("input-name", message, remedy, node=node.name)
        argument = _input(build, node, parameter)
    else:
        argument = _unknown(build, node, parameter)
    return argument._replace(passed=passed)


def _edge(build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter, source: str) -> Argument:
    schema = _conversion(build, node, parameter, build.type_of(source), f"`{source}`", "gives")
    return _output(parameter, source, schema, source)


def _local(
    build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter, name: str, form: Any
) -> Argument:
    schema = _conversion(build, node, parameter, form, f"`{name}`", "is")
    return Argument(parameter.name, ("local", name), schema=schema, source=name)


def _output(parameter: Parameter, source: str, schema: Schema | None, told: str) -> Argument:
    """The argument that is the output of a node; `told` is what messages call it."""
    default = parameter.default
    taken = ("node", source) if default is MISSING else ("node", source, default)
    return Argument(parameter.name, taken, schema=schema, source=told, default=default)


def _input(build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter) -> Argument:
    form = build.declarations.input
    schema = _conversion(build, node, parameter, form, "the input", "is")
    return Argument(parameter.name, ("input",), schema=schema, source="input")


def _conversion(
    build: Build,
    node: FunctionNode[..., Any, Any],
    parameter: Parameter,
    source: Any,
    giver: str,
    gives: str,
) -> Schema | None:
    """What makes the parameter's type of the source's, if they differ."""
    target = parameter.type
    if not fits(source, target):
        _mismatch(build, node, parameter, source, giver, gives)
        return None
    if covers(source, target):
        return None
    return build.schema(target, node.name, f"`{parameter.name}`")


def _mismatch(
    build: Build,
    node: FunctionNode[..., Any, Any],
    parameter: Parameter,
    source: Any,
    giver: str,
    gives: str,
) -> None:
    name = parameter.name
    given, taken, again = contrast(source, parameter.type, giver, f"`{node.name}`")
    # A parameter is mostly called as what it takes.
    taker = f"the parameter `{name}` of `{node.name}`" if giver.endswith(f"`{name}`") else f"`{name}`"
    message = f"{giver} {gives} `{given}`, and {taker} takes `{taken}`"
    build.faults.add("type-mismatch", message, again or f"write `{name}: {given}`", node=node.name)


def _resource(build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter, found: str) -> Argument:
    if found in build.replacements:
        return Argument(parameter.name, ("constant", build.replacements[found]))
    resource = build.resources[found]
    if not fits(resource.type, parameter.type):
        _mismatch(build, node, parameter, resource.type, f"the resource `{found}`", "is")
    return Argument(parameter.name, resource=resource)


def _resource_of_type(build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter) -> str | None:
    # Many things are numbers or texts; only a type that says what it is tells a resource.
    form = bare(parameter.type)
    if parameter.name == "input" or origin(form) in (None, object, *_PLAIN):
        return None
    found = [name for name, other in build.resources.items() if other.type == form]
    if len(found) > 1:
        names = " and ".join(f"`{name}`" for name in found)
        message = f"{names} are both `{describe(parameter.type)}`"
        remedy = f"name the parameter after one of them: `{found[0]}`"
        build.faults.add("ambiguous-resource", message, remedy, node=node.name)
    return found[0] if found else None


_PLAIN = (str, int, float, bool, bytes, NoneType, dict, list, tuple, set, frozenset)


def _is_context(parameter: Parameter) -> bool:
    from workflow_engine._core import Context

    return parameter.annotated and Context in members(parameter.type)


def _unknown(build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter) -> Argument:
    name, form = parameter.name, build.declarations.input
    others = [other for other in build.nodes if other != node.name]
    inputs = [build.input_name] if build.input_name else []
    candidates = [*others, *build.resources, *inputs, "input"]
    # A name without a type is seldom a misspelt edge: only a close one is worth a proposal.
    close = nearest(name, candidates) if parameter.annotated else is_near(name, candidates)
    known = _known(build, others, inputs)
    if name in inputs:
        close = None
    if close is not None:
        written = f"{close}: {describe(parameter.type)}" if parameter.annotated else close
        build.faults.add(
            "unknown-node",
            f"no node `{name}`; did you mean `{close}`? {known}",
            f"write `{written}`",
            node=node.name,
        )
        if close in build.nodes:
            # Go on as if it were written so: one mistake is one fault.
            return Argument(name, ("node", close))
        return Argument(name, ("input",))
    own = is_own_class(form)
    take = f"write `{name}: {describe(form)}`" if own else "call it `input`"
    if not parameter.annotated:
        message = f"`{name}` has no type and no node has this name"
        remedy = f"{take} to take the input"
        if name in _CONTEXTS:
            remedy = f"write `{name}: Context` to take the context of the run"
    else:
        message = f"no node `{name}` {known}"
        remedy = f'for a constant write `inputs={{"{name}": value}}`; to take the input {take}'
    build.faults.add("unknown-parameter", message, remedy, node=node.name)
    return Argument(name, ("input",))


# What a parameter is called that is meant to take the context.
_CONTEXTS = ("context", "ctx")


def _known(build: Build, nodes: list[str], inputs: list[str]) -> str:
    parts = [f"nodes: {listed(nodes)}"]
    if build.resources:
        parts.append(f"resources: {listed(list(build.resources))}")
    parts.append(f"input: `{(inputs or ['input'])[0]}`")
    return f"({'; '.join(parts)})"


def _given(build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter, value: object) -> Argument:
    """The argument for what `inputs` says."""
    if _holds(value, is_expression):
        return _computed(build, node, parameter, value)
    if not _holds_source(value):
        if not parameter.annotated or _accepts(parameter.type, value):
            return Argument(parameter.name, ("constant", value))
        given, wanted, again = contrast(type(value), parameter.type, "the constant", f"`{node.name}`")
        message = f"the constant for `{parameter.name}` is {given}, and it takes `{wanted}`"
        remedy = again or "give a value of that type"
        build.faults.add("type-mismatch", message, remedy, node=node.name)
        return Argument(parameter.name, ("constant", value))
    if isinstance(value, InputSource):
        return _input(build, node, parameter)
    if isinstance(value, LocalSource):
        return _local(build, node, parameter, value._root, value.form)  # noqa: SLF001
    if isinstance(value, Source):
        name = build.find(value, node.name, f'`inputs["{parameter.name}"]`')
        if name is None:
            return Argument(parameter.name, ("constant", None))
        return _edge(build, node, parameter, name)
    taken, form = _fan_in(build, node, parameter, value)
    schema = _conversion(build, node, parameter, form, "the members", "are")
    return Argument(parameter.name, taken, schema=schema, source=parameter.name)


def _accepts(form: Any, value: object) -> bool:
    """Whether a constant, which is passed as it is, may be one of a type at all."""
    if fits(type(value), form):
        return True
    try:
        Schema(form).validate(value)
    except Misfit:
        return False
    return True


def _computed(
    build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter, value: object
) -> Argument:
    """What expressions give: a node of the core before this one works it out."""
    from workflow_engine.native.expressions import form_of, shape, type_of_shape

    name = f"{node.name}.{parameter.name}"
    shaped = shape(value, f'`inputs["{parameter.name}"]` of `{node.name}`')
    found = type_of_shape(build, node.name, shaped, name)
    if found is None:
        return Argument(parameter.name, ("constant", None))
    build.graph.transform(name, shaped)
    schema = _conversion(build, node, parameter, form_of(found), "the expression", "gives")
    return _output(parameter, name, schema, parameter.name)


def _holds(value: object, is_such: Callable[[object], bool]) -> bool:
    if isinstance(value, list | tuple):
        return any(_holds(member, is_such) for member in value)
    if isinstance(value, dict):
        return any(_holds(member, is_such) for member in value.values())
    return is_such(value)


def _holds_source(value: object) -> bool:
    return _holds(value, lambda member: isinstance(member, Source))


def _fan_in(
    build: Build, node: FunctionNode[..., Any, Any], parameter: Parameter, value: object
) -> tuple[tuple[Any, ...], Any]:
    """What the core gathers, and its type form."""
    if isinstance(value, InputSource):
        return ("input",), build.declarations.input
    if isinstance(value, Source):
        name = build.find(value, node.name, f'`inputs["{parameter.name}"]`')
        if name is None:
            return ("constant", None), Any
        return ("node", name), build.type_of(name)
    if isinstance(value, tuple) and _holds_source(value):
        message = f"`{parameter.name}`: nodes are gathered in a list or dict, not in a tuple"
        build.faults.add("invalid-input", message, "write a list", node=node.name)
        value = list(value)
    if isinstance(value, list) and _holds_source(value):
        parts = [_fan_in(build, node, parameter, member) for member in value]
        return ("list", [taken for taken, _ in parts]), list[_union([f for _, f in parts])]  # type: ignore[misc]
    if isinstance(value, dict) and _holds_source(value):
        named = {key: _fan_in(build, node, parameter, member) for key, member in value.items()}
        form = _union([part for _, part in named.values()])
        return ("dict", {key: taken for key, (taken, _) in named.items()}), dict[str, form]  # type: ignore[valid-type]
    return ("constant", value), type(value)


def _union(forms: list[Any]) -> Any:
    if any(is_open(form) for form in forms):
        return Any
    return reduce(or_, forms)


def _extra(build: Build, node: FunctionNode[..., Any, Any], signature: Signature) -> list[Argument]:
    """Arguments for names in `inputs` that no parameter has."""
    names = [parameter.name for parameter in signature.parameters]
    extra = []
    for name, value in node.inputs.items():
        if name in names:
            continue
        if signature.keywords or not signature.known:
            parameter = Parameter(name, Any, False, MISSING, signature.keywords)
            passed = "keyword" if signature.keywords else "position"
            extra.append(_given(build, node, parameter, value)._replace(passed=passed))
            continue
        close = nearest(name, names)
        message = (
            f"`inputs` names `{name}`, which is no parameter{meant(name, names)}"
            f" (parameters: {listed(names)})"
        )
        remedy = f"write `{close}`" if close else "remove it"
        build.faults.add("unknown-input", message, remedy, node=node.name)
    if not signature.known and not node.inputs:
        message = f"`{signature.text}` has no signature to read"
        remedy = 'bind its parameters in order: `inputs={"x": node}`'
        build.faults.add("no-signature", message, remedy, node=node.name)
    return extra
