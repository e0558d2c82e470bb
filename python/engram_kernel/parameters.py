"""Parameters of a notebook, as papermill has them: a cell tagged `parameters` declares them, and a cell after it sets others."""

import difflib
import json
import math
import re

DECLARED, INJECTED = "parameters", "injected-parameters"

# int top = 10;   String model = "iconclip"; // which model
DECLARATION = re.compile(
    r"(?:^|(?<=;))[ \t]*(?:final\s+)?(?P<type>[A-Za-z_][\w.]*(?:<[^=;]*>)?(?:\[\])*)\s+(?P<name>[A-Za-z_$][\w$]*)\s*="
    r"\s*(?P<value>(?:\"(?:[^\"\\]|\\.)*\"|[^;\"])*);(?:[ \t]*//[ \t]*(?P<help>.*))?",
    re.MULTILINE,
)
NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
WORDS_OF_JAVA = frozenset(
    "abstract assert boolean break byte case catch char class const continue default do double else enum extends final "
    "finally float for goto if implements import instanceof int interface long native new package private protected "
    "public return short static strictfp super switch synchronized this throw throws transient try void volatile while "
    "true false null _".split()
)
LONGEST = 65_535  # bytes of a string in a class file
WHOLE = {"byte": 7, "short": 15, "int": 31, "long": 63}
BOXES = {"Byte": "byte", "Short": "short", "Integer": "int", "Long": "long", "Float": "float", "Double": "double", "Boolean": "boolean"}


class ParameterError(ValueError):
    """A parameter that cannot be set, in one sentence."""


def string(text):
    """A text as Java writes it, in ASCII alone, so that nothing in it ends the string or is read as an escape."""
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    units = text.encode("utf-16-be", "surrogatepass")
    letters = (chr(int.from_bytes(units[i : i + 2], "big")) for i in range(0, len(units), 2))
    return '"' + "".join(short.get(c) or (c if " " <= c <= "~" else f"\\u{ord(c):04x}") for c in letters) + '"'


def number(value):
    """A number as Java writes it: an int, a long, a BigInteger or a double."""
    if isinstance(value, int):
        if -(2**31) <= value < 2**31:
            return str(value)
        return f"{value}L" if -(2**63) <= value < 2**63 else f'new java.math.BigInteger("{value}")'
    if math.isnan(value):
        return "Double.NaN"
    if math.isinf(value):
        return f"Double.{'POSITIVE' if value > 0 else 'NEGATIVE'}_INFINITY"
    return repr(value)


def literal(value):
    """A value of JSON or YAML in Java."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return number(value)
        case dict():
            pairs = (f"java.util.Map.entry({string(str(k))}, {boxed(v)})" for k, v in value.items())
            return f"java.util.Map.ofEntries({', '.join(pairs)})"
        case list() | tuple():
            return f"java.util.List.of({', '.join(map(boxed, value))})"
    return string(str(value))


def boxed(value):
    """In a list or a map, which take no null."""
    if value is None:
        raise ParameterError("A list or a map of Java has no null in it.")
    return literal(value)


def type_of(value):
    """The type of a variable that holds the value."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "int" if -(2**31) <= value < 2**31 else "long" if -(2**63) <= value < 2**63 else "java.math.BigInteger"
        case float():
            return "double"
        case dict() | list() | tuple():
            return "var"
        case None:
            return "Object"
    return "String"


def checked(name):
    """A name that Java takes for a variable."""
    if not NAME.fullmatch(name) or name in WORDS_OF_JAVA:
        raise ParameterError(f"'{name}' is no name of a Java variable.")
    return name


def cell(parameters, comment="Parameters"):
    """The source of a cell that declares the variables."""
    lines = [f"// {' '.join(str(comment).split())}"]
    lines += [f"{type_of(value)} {checked(name)} = {literal(value)};" for name, value in parameters.items()]
    return "\n".join(lines) + "\n"


def declarations(source):
    """What a cell declares: name, type, value and comment of each variable."""
    without = re.sub(r"^[ \t]*//.*$", "", source, flags=re.MULTILINE)
    return [found.groupdict() for found in DECLARATION.finditer(without)]


def typed(kind, name, text):
    """What was typed, as a literal of a type that was declared."""
    plain = BOXES.get(kind, kind)
    if plain in ("String", "java.lang.String", "CharSequence", "Object", "var"):
        if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
            raise ParameterError(f"{name} is longer than {LONGEST:,} bytes, which is the longest string that Java takes.")
        return string(text)
    try:
        if plain in WHOLE:
            value = int(text)
            if not -(2 ** WHOLE[plain]) <= value < 2 ** WHOLE[plain]:
                raise ValueError
            return f"{value}L" if plain == "long" else f"({plain}) {value}" if plain in ("byte", "short") else str(value)
        if plain in ("double", "float"):
            return number(float(text)) if plain == "double" else f"(float) {number(float(text))}"
        if plain == "boolean":
            return {"true": "true", "false": "false"}[text.strip().lower()]
    except (ValueError, KeyError):
        raise ParameterError(f"{name} is {'an' if plain[0] in 'aeio' else 'a'} {plain}, got '{text}'.") from None
    raise ParameterError(f"{name} is a {kind}; from outside a String, a number or a boolean can be set.")


def source(of):
    text = of.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def tagged(notebook, tag):
    """The position of the first code cell with a tag, or None."""
    for i, each in enumerate(notebook["cells"]):
        if each["cell_type"] == "code" and tag in each.get("metadata", {}).get("tags", []):
            return i
    return None


def is_run_of(notebook, other):
    """Whether a notebook is an earlier run of another, perhaps with other parameters: it has the same cells besides."""

    def sources(of):
        injected_at = tagged(of, INJECTED)
        return [source(each) for i, each in enumerate(of["cells"]) if i != injected_at]

    return sources(notebook) == sources(other)


def injected(notebook, given, comment):
    """A copy of a notebook that sets its parameters; a cell that an earlier run put there is replaced.

    :param notebook: its JSON, format 4
    :param given: what was typed, by name
    """
    at = tagged(notebook, DECLARED)
    if at is None:
        raise ParameterError(
            f"The notebook has no cell tagged '{DECLARED}', which would declare its parameters "
            "(in JupyterLab: the property inspector, Cell Tags)."
        )
    known = {each["name"]: each["type"] for each in declarations(source(notebook["cells"][at]))}
    lines = [f"// {comment}"]
    for name, text in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            there = f"its parameters are {', '.join(known)}" if known else "its parameters' cell declares none"
            raise ParameterError(f"The notebook has no parameter '{name}'; {there}{f'; did you mean {near[0]}?' if near else '.'}")
        kind = "String" if known[name] == "var" else known[name]
        lines.append(f"{kind} {name} = {typed(kind, name, text)};")
    fresh = {"cell_type": "code", "execution_count": None, "metadata": {"tags": [INJECTED]}, "outputs": [], "source": "\n".join(lines)}
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 0)) >= (4, 5):
        fresh["id"] = "injected-parameters"
    old = tagged(notebook, INJECTED)
    cells = [each for i, each in enumerate(notebook["cells"]) if i != old]
    cells.insert(at + 1 if old is None or old > at else at, fresh)
    return {**json.loads(json.dumps(notebook)), "cells": cells}
