"""What a reader cannot decide: the caller asks a person and reads the file again."""

from collections.abc import Collection

from zoneplanner.errors import UserError


class SeveralLayers(UserError):
    """The file has several layers, sheets or members; ``names`` lists them."""

    code = "several_layers"

    @classmethod
    def of(cls, file: str, names: Collection[str]) -> "SeveralLayers":
        """Ask which of some layers is meant."""
        return cls("several_layers", file=file, layers=", ".join(names), names=list(names))

    @property
    def names(self) -> tuple[str, ...]:
        """The layers to choose from."""
        return tuple(self.details["names"])


class UnknownCrs(UserError):
    """The file does not say in which coordinate system it is."""

    code = "unknown_crs"
