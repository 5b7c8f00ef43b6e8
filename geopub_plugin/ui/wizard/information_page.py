"""Attribution, kind of resource, language, resolution."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem
from qgis.PyQt.QtWidgets import QComboBox, QLabel, QLineEdit

from ...backend.amounts import number_text
from ...backend.translation import tr
from ...publish.metadata.code_lists import CHARSETS, RESOLUTIONS, languages, levels
from .draft import Draft
from .plan_page import PlanPage


class InformationPage(PlanPage):
    """Additional information of the record."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft, tr("Additional information"), tr("Attribution, language and resolution."))
        self._make_fields()
        form = self.form()
        self.row(form, tr("Attribution: text (optional)"), self.text)
        self.row(form, tr("Attribution: address (optional)"), self.url, "attribution")
        self.row(form, tr("Kind of resource"), self.level)
        self.row(form, tr("Language"), self.language)
        self.row(form, tr("Character set"), self.charset)
        self.row(form, tr("Coordinate system"), self.projection)
        self.row(form, tr("Spatial resolution (optional)"), self.resolution)
        self.content.addStretch()
        tell = draft.describe
        self.text.textEdited.connect(lambda text: tell(attribution_text=text.strip()))
        self.url.textEdited.connect(lambda text: tell(attribution_url=text.strip()))
        for name, combo in self._combos.items():
            combo.activated.connect(lambda _index, n=name, c=combo: tell(**{n: c.currentData()}))

    def show_plan(self) -> None:
        """Fill the fields from the draft."""
        it = self.draft.plan.description
        self.text.setText(it.attribution_text)
        self.url.setText(it.attribution_url)
        for name, combo in self._combos.items():
            combo.setCurrentIndex(max(combo.findData(getattr(it, name)), 0))
        known = self.draft.plan.srs or next((layer.crs().authid() for layer in self.draft.layers), "")
        self.projection.setText(f"{known} – {QgsCoordinateReferenceSystem(known).description()}" if known else "")

    def _make_fields(self) -> None:
        self.text, self.url = QLineEdit(), QLineEdit()
        self.url.setPlaceholderText("https://")
        self.level, self.language, self.charset, self.resolution = (QComboBox() for _ in range(4))
        self._combos = {
            "level": self.level, "language": self.language, "charset": self.charset, "resolution": self.resolution,
        }  # fmt: skip
        for code, text in levels().items():
            self.level.addItem(text, code)
        for code, text in languages().items():
            self.language.addItem(text, code)
        for code in CHARSETS:
            self.charset.addItem(code, code)
        self.resolution.addItem(tr("not stated"), None)
        for denominator in RESOLUTIONS:
            self.resolution.addItem(f"1 : {number_text(denominator)}", denominator)
        for combo in (self.language, self.charset):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(20)
        self.projection = QLabel()
        self.projection.setWordWrap(True)
