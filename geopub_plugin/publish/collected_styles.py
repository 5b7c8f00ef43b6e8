"""The styles of layers on their way to live services, taken one layer at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional, Sequence, Tuple

from qgis.core import QgsVectorLayer

from ..backend.errors import InvalidInput
from ..backend.translation import tr
from .layer_marks import LayerMarks, marks
from .layers_export import still_there
from .map_style import Draw
from .proposal import TableStyle
from .sprite_sheets import drawn_sheets
from .style_choice import ChosenStyle, chosen_style
from .style_export import ExportedStyle
from .table_plan import TablePlan


class CollectedStyles:
    """What layers look like, and the marks by which a later change of them is seen."""

    def __init__(
        self, layers: Sequence[QgsVectorLayer], tables: Sequence[TablePlan], styled: bool, plain: bool
    ) -> None:
        """Prepare to take the styles of layers, each with the plan of its table.

        Args:
            layers: in the GUI thread.
            tables: one a layer.
            styled: whether there are to be styles at all, or only marks.
            plain: whether each is wanted in SLD 1.0.0 as well, for stores that draw no QML.
        """
        self.marks: Tuple[LayerMarks, ...] = ()
        self.plain: Tuple[TableStyle, ...] = ()  # in SLD 1.0.0, as QGIS writes it
        self._left = list(zip(layers, tables))
        self._styled, self._wants_plain = styled, plain
        self._taken: Dict[str, ChosenStyle] = {}  # by table

    @property
    def for_tables(self) -> Tuple[TableStyle, ...]:
        """The styles as they are published."""
        return tuple(style.for_table for style in self._taken.values() if style.for_table is not None)

    @property
    def exported(self) -> Dict[str, Optional[ExportedStyle]]:
        """What QGIS has written of each style, by table."""
        return {table: style.exported for table, style in self._taken.items()}

    def take_next(self, folder: Path) -> bool:
        """Take what is next, its files into a folder, and say that it was there.

        Raises:
            InvalidInput: a style cannot be used.
        """
        if not self._left:
            return False
        layer, table = self._left.pop(0)
        self.marks += (marks(still_there(layer)),)  # what is exported; the user may go on editing
        if self._styled:
            self._take_style(layer, table, folder)
        return True

    def sheets(self) -> Optional[Draw]:
        """Return what draws the sprites of the styles; None without styles."""
        return drawn_sheets(*(style.qml for style in self._taken.values() if style.qml)) if self._taken else None

    def _take_style(self, layer: QgsVectorLayer, table: TablePlan, folder: Path) -> None:
        try:
            style = chosen_style(layer, table.table, table.style, folder, self._wants_plain)
        except OSError as error:
            raise _no_style_file(error) from error
        if style is None:
            return
        self._taken[table.table] = style
        if self._wants_plain:
            if style.plain is None:
                raise _no_plain_style(table.table)
            self.plain += (style.plain,)


def _no_plain_style(table: str) -> InvalidInput:
    return InvalidInput(
        tr("The style of “{table}” cannot be written as SLD 1.0.0.", table=table),
        tr("The Géoplateforme reads only SLD 1.0.0 for maps."),
        tr("Choose a simpler style, or publish without WMS."),
    )


def _no_style_file(error: OSError) -> InvalidInput:
    name = Path(error.filename).name if isinstance(error.filename, str) else str(error.filename or "")
    return InvalidInput(
        tr("The style file “{name}” cannot be used.", name=name),
        tr("The system says: {message}", message=error.strerror or error),
        tr("Choose another style."),
    )
