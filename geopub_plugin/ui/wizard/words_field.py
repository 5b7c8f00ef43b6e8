"""A line of words with commas between them."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QLineEdit, QWidget

from ...backend.translation import tr


class WordsField(QLineEdit):
    """Keywords as a person types them."""

    edited = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(tr("separated by commas"))
        self.textEdited.connect(lambda _text: self.edited.emit())

    @property
    def words(self) -> Tuple[str, ...]:
        """The words, each once."""
        return tuple(dict.fromkeys(word.strip() for word in self.text().split(",") if word.strip()))

    @words.setter
    def words(self, words: Sequence[str]) -> None:
        self.setText(", ".join(words))
