"""Random expressions of CEL by their grammar, and random values for their variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

# A kind of value is a word: one of these, `dyn`, `null`, or `list-` or `map-` and the kind of what is in it.
SCALARS = ("bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration")
# The variables that are always there, with their kinds; of `x` and `items` only the shape is known.
VARIABLES = {
    "n": "int",
    "u": "uint",
    "f": "double",
    "s": "string",
    "b": "bytes",
    "flag": "bool",
    "tags": "list-string",
    "numbers": "list-int",
    "counts": "map-int",
    "x": "map-dyn",
    "items": "list-map-dyn",
}
# How often a place takes an expression of any kind, so that errors are compared too.
_WILD = 0.03
# How often an operand stands without parentheses.
_BARE = 0.3

_TEXTS = (
    "",
    "a",
    "ab",
    "b",
    "éa",
    "😀b",
    "A-b",
    " a ",
    "x,y,z",
    "12",
    "-3",
    "1.5",
    "true",
    "aAa",
    '"q"\\\n',
    "%s",
)
_INTS = (0, 1, 2, 3, -1, -2, 7, 10, 63, 64, 255, 2**31, 2**53, 2**62, 2**63 - 1, -(2**63))
_DOUBLES = (0.0, -0.0, 0.5, -1.5, 1.0, 2.5, 3.0, 1e10, 1e-7, 1e300, 123456.789, 2.0**53, 1e19, -1e19)
_FIELDS = ("a", "b", "name", "score", "tags", "missing")
# What stands for a word in a form, beside kinds, and how literals are written that Python would not write so.
_WORDS = {
    "name": _FIELDS,
    "small": ("-1", "0", "1", "2", "3", "5"),
    "zone": ("'UTC'", "'America/New_York'", "'Asia/Kolkata'", "'+02:00'", "'-11:30'", "'Europe/Paris'"),
    "pattern": ("'a'", "'^a'", "'b$'", "'[a-c]+'", "'(a|é)'", r"r'\d+'", "''", "'.'", "'^$'", "'a*b?'"),
    # Not empty: whether an empty text is one part or none is left open.
    "separator": ("','", "'a'", "'é'", "' '", "tags[0] + '-'"),
    # How a double with an exponent is written is left open, and the zeros behind the point of a duration.
    "plain": ("0.5", "-1.5", "2.5", "3.0", "123456.789"),
    "span": ("duration('0s')", "duration('1h30m')", "duration('-24h')", "duration('0.125s')"),
    "printed": (
        "true",
        "n",
        "-7",
        "u",
        "12u",
        "s",
        "'é'",
        "null",
        "timestamp('2024-02-29T23:59:59.999Z')",
        "tags",
    ),
    "double": ("1e3", "1E-2", ".5", "1.5e+3", "0.1", "4.9e-324", "1.7976931348623157e308"),
    "string": (r"'\x41\101'", r"'\u00e9\U0001F600'", r"r'\d\n'", "'''it's'''", r"'\a\f\v\?\`'", 'R"""a"b"""'),
    "bytes": (r"b'\xff\101'", r'b"\000\377"', "b'''é'''", r"br'\xff'", r"b'\n\''"),
    "timestamp": (
        "timestamp('1970-01-01T00:00:00Z')",
        "timestamp('2024-02-29T23:59:59.999Z')",
        "timestamp('2023-12-25T00:30:00-08:00')",
        "timestamp('1000-01-01T00:00:00Z')",
        "timestamp('9999-12-31T23:59:59.999999Z')",
    ),
    "duration": tuple(
        f"duration('{span}')"
        for span in ("0s", "1s", "-1.125s", "1h30m", "3us", "86400s", "-24h", "4000000000s")
    ),
    "bool": ("true", "false"),
    "null": ("null",),
    "dyn": ("x.a", "x.b.a", "x", "items", "x.name", "x['tags']"),
}
_RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
# What gives a value of any kind (`this`): a word in braces is a kind, or one of the words above.
_SHARED = """
    {bool} ? {this} : {this}; {list-this}[{small}]; {list-this}[{int}]; {map-this}.{name};
    {map-this}[{string}]; {map-this}['{name}']; dyn({this}); [{this}, {this}][1]; {bind this};
    optional.of({this}).value(); optional.none().orValue({this});
    optional.ofNonZeroValue({this}).orValue({this}); {with this}.value();
    {list-this}[?{small}].orValue({this}); {map-this}.?{name}.orValue({this});
    {map-this}.?{name}.value()
"""
# What gives a value of each kind; for lists and maps, `this` is the kind of what is in them.
_FORMS = {
    "null": "null",
    "bool": """
        {bool} && {bool}; {bool} || {bool}; !{bool}; {any} == {any}; {any} != {any};
        {string} in {list-string}; {int} in {list-int}; {string} in {map-int}; {double} in {list-dyn};
        {string}.contains({string}); {string}.startsWith({string}); {string}.endsWith({string});
        {string}.matches({pattern}); has({map-dyn}.{name}); has(x.{name}); math.isNaN({double});
        math.isInf({double}); math.isFinite({double}); bool({string}); type({any}) == type({any});
        {dyn} < {int}; optional.of({any}) == optional.of({any}); {map-int}.?{name}.hasValue();
        {int} < {double}; {uint} >= {int}; {double} > {uint}; {list all}; {list exists};
        {list exists_one}; {map all}; {map exists}
    """,
    "int": """
        {int} + {int}; {int} - {int}; {int} * {int}; {int} / {int}; {int} % {int}; -{int};
        size({string}); {list-dyn}.size(); size({map-dyn}); size({bytes}); int({double}); int({uint});
        int({string}); int({timestamp}); {string}.indexOf({string}); {string}.lastIndexOf({string});
        {string}.indexOf({string}, {small}); {string}.lastIndexOf({string}, {small}); math.abs({int});
        math.sign({int}); math.greatest({int}, {int}); math.least([{int}, {int}]);
        math.bitAnd({int}, {int}); math.bitOr({int}, {int}); math.bitXor({int}, {int});
        math.bitNot({int}); math.bitShiftLeft({int}, {small}); math.bitShiftRight({int}, {small});
        {timestamp}.getFullYear(); {timestamp}.getMonth({zone}); {timestamp}.getDate();
        {timestamp}.getDayOfMonth({zone}); {timestamp}.getDayOfWeek(); {timestamp}.getDayOfYear({zone});
        {timestamp}.getHours({zone}); {timestamp}.getMinutes({zone}); {timestamp}.getSeconds();
        {timestamp}.getMilliseconds(); {duration}.getHours(); {duration}.getMinutes();
        {duration}.getSeconds(); {duration}.getMilliseconds()
    """,
    "uint": """
        {uint} + {uint}; {uint} - {uint}; {uint} * {uint}; {uint} / {uint}; {uint} % {uint}; uint({int});
        uint({double}); uint({string}); math.abs({uint}); math.sign({uint}); math.least({uint}, {uint});
        math.bitAnd({uint}, {uint}); math.bitNot({uint}); math.bitShiftLeft({uint}, {small});
        math.bitShiftRight({uint}, {small})
    """,
    "double": """
        {double} + {double}; {double} - {double}; {double} * {double}; {double} / {double}; -{double};
        double({int}); double({uint}); double({string}); math.ceil({double}); math.floor({double});
        math.round({double}); math.trunc({double}); math.abs({double}); math.sign({double});
        math.sqrt({double}); math.sqrt({int}); math.greatest({double}, {double})
    """,
    "string": """
        {string} + {string}; string({int} + 0); string({uint} + 0u); string({plain}); string(!{bool});
        string({bytes} + b'!'); string({timestamp} + duration('0s')); string({span});
        {string}.charAt({small}); {string}.substring({small}); {string}.substring({small}, {small});
        {string}.lowerAscii(); {string}.upperAscii(); {string}.trim();
        {string}.replace({string}, {string}); {string}.replace({string}, {string}, {small});
        {string}.reverse(); {list-string}.join(); {list-string}.join({string}); strings.quote({string});
        base64.encode({bytes}); '%s|%s'.format([{printed}, {printed}]);
        '%X %x'.format([{string}, {bytes}]);
        '%d %x %o %b'.format([int({int}), uint({uint}), {int}, {int}]);
        '%.3f %e'.format([{double}, {double}])
    """,
    "bytes": "{bytes} + {bytes}; bytes({string}); base64.decode(base64.encode({bytes}))",
    "timestamp": """
        {timestamp} + {duration}; {duration} + {timestamp}; {timestamp} - {duration}; timestamp({int});
        timestamp(string({timestamp}))
    """,
    "duration": """
        {duration} + {duration}; {duration} - {duration}; {timestamp} - {timestamp};
        duration(string({duration}))
    """,
    "list": """
        []; [{this}]; [{this}, {this}]; [{this}, {this}, {this}]; {list-this} + {list-this};
        {list filter this}; {list map this}
    """,
    "texts": "{string}.split({separator}); {string}.split({separator}, {small})",
    "map": """
        {<}{>}; {<}'{name}': {this}{>}; {<}'a': {this}, 'tags': {this}{>};
        {<}1: {this}, -3: {this}, 4u: {this}{>}
    """,
}


def variables(rng: random.Random) -> dict[str, object]:
    """Give a value to each of the variables; `u` is an int that is no less than 0."""
    return {
        "n": rng.choice(_INTS),
        "u": abs(rng.choice(_INTS)),
        "f": rng.choice(_DOUBLES),
        "s": rng.choice(_TEXTS),
        "b": rng.choice(_TEXTS).encode(),
        "flag": rng.random() < 0.5,
        "tags": rng.choices(_TEXTS, k=rng.randrange(4)),
        "numbers": rng.choices(_INTS, k=rng.randrange(5)),
        "counts": {field: rng.choice(_INTS) for field in rng.sample(_FIELDS, rng.randrange(5))},
        "x": _object(rng, 3),
        "items": [_object(rng, 1) for _ in range(rng.randrange(4))],
    }


def _object(rng: random.Random, depth: int) -> dict[str, object]:
    return {field: _json(rng, depth) for field in rng.sample(_FIELDS, rng.randrange(5))}


def _json(rng: random.Random, depth: int) -> object:
    if depth and rng.random() < 0.5:
        return _object(rng, depth - 1) if rng.random() < 0.5 else [_json(rng, depth - 1) for _ in range(2)]
    return rng.choice((None, True, False, *_INTS[:6], *_DOUBLES[:6], *_TEXTS[:6]))


class Generator:
    """Writes one expression after the other.

    Args:
        rng: Where chance comes from.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._locals: list[tuple[str, str]] = []

    def expression(self, depth: int = 4) -> str:
        """Write an expression of any kind."""
        return self._of(self._kind(2), depth)

    def _kind(self, depth: int) -> str:
        if depth and self._rng.random() < 0.3:
            return f"{self._rng.choice(('list', 'map'))}-{self._kind(depth - 1)}"
        return self._rng.choice((*SCALARS, "dyn", "null"))

    def _of(self, kind: str, depth: int, *, wild: bool = True) -> str:
        """Write an expression that gives a value of a kind, most of the time if `wild`."""
        rng = self._rng
        if wild and rng.random() < _WILD:
            kind = self._kind(1)
        known = [name for name, found in (*VARIABLES.items(), *self._locals) if found == kind]
        if known and rng.random() < 0.25:
            return rng.choice(known)
        if depth <= 0:
            return self._leaf(kind)
        if rng.random() < 0.2:
            return self._fill(_SHARED, kind, depth)
        group, _, item = kind.partition("-")
        if kind == "dyn":
            return self._of(self._kind(1), depth)
        if kind == "bool" and rng.random() < 0.4:
            ordered = rng.choice(SCALARS)
            return self._fill(f"{{{ordered}}} {rng.choice(_RELATIONS)} {{{ordered}}}", "", depth)
        if kind == "list-string" and rng.random() < 0.3:
            group = "texts"
        return self._fill(_FORMS[group], item, depth)

    def _leaf(self, kind: str) -> str:
        rng = self._rng
        match kind:
            case "int":
                return rng.choice((str, str, hex))(rng.choice(_INTS))
            case "uint":
                return f"{rng.choice((str, hex))(abs(rng.choice(_INTS)))}{rng.choice('uU')}"
            case "double" if rng.random() < 0.7:
                return repr(rng.choice(_DOUBLES))
            case "string" | "bytes" if rng.random() < 0.7:
                return ("b" if kind == "bytes" else "") + quoted(rng.choice(_TEXTS))
        return rng.choice(_WORDS[kind]) if kind in _WORDS else "[]" if kind.startswith("list") else "{}"

    def _fill(self, forms: str, this: str, depth: int) -> str:
        """Fill one of these forms."""
        head, *rest = self._rng.choice(forms.split(";")).strip().split("{")
        for part in rest:
            word, tail = part.split("}", 1)
            head += self._word(word.replace("this", this), depth - 1) + tail
        return head

    def _word(self, word: str, depth: int) -> str:
        match word.split(" "):
            case ["<"]:
                return "{"
            case [">"]:
                return "}"
            case ["any"]:
                return self._operand(self._kind(1), depth)
            case ["bind", kind]:
                held = self._kind(1)
                return f"cel.bind(v, {self._of(held, depth)}, {self._with('v', held, kind, depth)})"
            case ["with", kind]:
                return f"optional.of({self._of(kind, depth)}).optMap(v, {self._with('v', kind, kind, depth)})"
            case [group, macro, *kind]:
                held, variable = self._kind(1), self._rng.choice("ij")
                looped = "string" if group == "map" else held
                body = self._with(variable, looped, kind[0] if macro == "map" else "bool", depth)
                looped_over = self._of(f"{group}-{held}", depth, wild=macro not in ("map", "filter"))
                return f"({looped_over}).{macro}({variable}, {body})"
        if word in _WORDS and word not in _FORMS and word != "dyn":
            return self._rng.choice(_WORDS[word])
        return self._operand(word, depth)

    def _operand(self, kind: str, depth: int) -> str:
        # Without parentheses another meaning may come out, and both sides have to read the same one.
        inner = self._of(kind, depth)
        return inner if self._rng.random() < _BARE else f"({inner})"

    def _with(self, name: str, held: str, kind: str, depth: int) -> str:
        """Write an expression in which a name stands for what a macro gives it."""
        outside = self._locals
        self._locals = [*outside, (name, held)]
        text = self._of(kind, depth)
        self._locals = outside
        return text


def quoted(text: str) -> str:
    """Write a text as a literal of CEL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
