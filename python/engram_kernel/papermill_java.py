"""Papermill writes parameters in Java: the entry point `papermill.engine` that pip's wheel declares is imported with papermill."""

from papermill.engines import NBClientEngine
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

from . import parameters


class JavaTranslator(Translator):
    """Variables of Java with the types of their values."""

    @classmethod
    def translate(cls, val):
        return parameters.literal(val)

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name, str_val):
        return f"var {parameters.checked(name)} = {str_val};"

    @classmethod
    def codify(cls, given, comment="Parameters"):
        return parameters.cell(given, comment)

    @classmethod
    def inspect(cls, parameters_cell):
        return [
            Parameter(name=each["name"], inferred_type_name=each["type"], default=each["value"].strip(), help=each["help"] or "")
            for each in parameters.declarations(parameters_cell["source"])
        ]


class Engine(NBClientEngine):
    """Papermill's own engine; this class is what makes papermill import this module."""


for language in ("java", "Java", "engram"):
    papermill_translators.register(language, JavaTranslator)
