"""One server to publish in: its address, how one signs in, and the datastore; it can be tried before it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional, Tuple

from qgis.core import QgsApplication
from qgis.gui import QgsAuthConfigSelect
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..backend.errors import GeoPubError
from ..backend.translation import tr
from ..publish.background import BackgroundCall
from ..publish.client.store import api_address
from ..publish.layer_plan import name_fault
from ..publish.sign_in import GEOPLATEFORME_API
from ..publish.targets import Target, TargetKind, address_fault
from ..publish.trial import Place, Trial, tried
from .dialog import Dialog
from .fault_label import FaultLabel
from .sign_in_dialog import SignInDialog


class TargetDialog(Dialog):
    """Asks for a target; `target` is the answer."""

    least = (560, 0)

    def __init__(self, target: Target, parent: Optional[QWidget] = None) -> None:
        """Show a target to change, or an empty one to fill in; its identifier stays."""
        super().__init__(parent)
        self._target, self._call = target, None  # type: Target, Optional[BackgroundCall]
        self._places: Tuple[Place, ...] = ()
        self.setWindowTitle(tr("Where to publish"))
        self._make_fields()
        self._lay_out()
        self._fill(target)
        self._connect()
        self._check()

    @property
    def target(self) -> Target:
        """The target as the fields say it."""
        url = self.url.text().strip()
        return replace(
            self._target,
            kind=self.kind.currentData(),
            title=self.title.text().strip(),
            url=url if address_fault(url) else api_address(url),
            authcfg=self.auth.configId(),
            datastore=self.datastore.currentText().strip(),
            prefix=self.prefix.text().strip(),
        )

    def done(self, result: int) -> None:
        """Close; a trial that still runs is of no interest any more."""
        if self._call is not None and not self._call.ended:  # QGIS deletes a task that has ended
            self._call.blockSignals(True)
            self._call.cancel()
        super().done(result)

    def try_it(self) -> None:
        """Sign in as the fields say and tell what is there."""
        target = self.target
        self.test.setEnabled(False)
        self.outcome.setText(tr("Asking {url}…", url=target.url))
        self._call = BackgroundCall(tr("Test of the connection"), lambda call: tried(target, call.cancelled))
        self._call.answered.connect(self._answered)
        self._call.refused.connect(self._refused)
        self._call.start()

    # Building ---------------------------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self.kind = QComboBox(self)
        self.kind.addItem(tr("Team server"), TargetKind.SERVER)
        self.kind.addItem(tr("Géoplateforme (cartes.gouv.fr)"), TargetKind.GEOPLATEFORME)
        self.title, self.url, self.prefix = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.url.setPlaceholderText("https://maps.example.org")
        self.title_fault, self.url_fault, self.prefix_fault = FaultLabel(self), FaultLabel(self), FaultLabel(self)
        self.auth = QgsAuthConfigSelect(self)
        self.sign_in = QPushButton(tr("Sign in…"), self)
        self.sign_in.setToolTip(tr("Make a configuration for this server"))
        self.datastore = QComboBox(self, editable=True)
        self.datastore.lineEdit().setPlaceholderText(tr("The only one"))
        self.prefix.setPlaceholderText(tr("None"))
        self.prefix.setToolTip(tr("Every technical name that is published there begins with it."))
        self.test = QPushButton(tr("Test the connection"), self)
        self.outcome = QLabel(self, wordWrap=True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("OK"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Kind"), self.kind)
        form.addRow(tr("Title"), self.title)
        form.addRow("", self.title_fault)
        form.addRow(tr("Address"), self.url)
        form.addRow("", self.url_fault)
        form.addRow(tr("Authentication"), self.auth)
        row = QHBoxLayout()
        row.addWidget(self.sign_in)
        row.addStretch()
        form.addRow("", row)
        form.addRow(tr("Datastore"), self.datastore)
        form.addRow(tr("Prefix of names"), self.prefix)
        form.addRow("", self.prefix_fault)
        test = QHBoxLayout()
        test.addWidget(self.test)
        test.addWidget(self.outcome, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addLayout(test)
        layout.addStretch()
        layout.addWidget(self.buttons)

    def _fill(self, target: Target) -> None:
        self.kind.setCurrentIndex(max(self.kind.findData(target.kind), 0))
        self.title.setText(target.title)
        self.url.setText(target.url)
        self.datastore.setEditText(target.datastore)
        self.prefix.setText(target.prefix)
        if not QgsApplication.authManager().isDisabled():
            self.auth.setConfigId(target.authcfg)

    def _connect(self) -> None:
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        for line in (self.title, self.url, self.prefix):
            line.textChanged.connect(self._check)
        self.datastore.currentIndexChanged.connect(self._place_chosen)
        self.sign_in.clicked.connect(self._sign_in)
        self.test.clicked.connect(self.try_it)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    # Reactions --------------------------------------------------------------------------------------------------

    def _kind_chosen(self, _index: int) -> None:
        if self.kind.currentData() is TargetKind.GEOPLATEFORME and not self.url.text().strip():
            self.url.setText(GEOPLATEFORME_API)
            self.title.setText(self.title.text().strip() or tr("Géoplateforme"))

    def _sign_in(self) -> None:
        dialog = SignInDialog(self.title.text().strip() or self.url.text(), api_address(self.url.text().strip()), self)
        dialog.accepted.connect(lambda: self.auth.setConfigId(dialog.authcfg))
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()

    def _answered(self, trial: Trial) -> None:
        self.test.setEnabled(True)
        wanted = self.datastore.currentText().strip()
        self._places = trial.places
        self.datastore.blockSignals(True)
        self.datastore.clear()
        self.datastore.addItems([place.name for place in trial.places])
        place = next((one for one in trial.places if wanted in (one.id, one.name)), None)
        if place is None and not wanted and trial.places:
            place = next((one for one in trial.places if not one.prefix), trial.places[0])  # a sandbox last
        self.datastore.setEditText(place.name if place is not None else wanted)
        self.datastore.blockSignals(False)
        if place is not None:
            self.prefix.setText(self.prefix.text().strip() or place.prefix)
        names = ", ".join(one.name for one in trial.places)
        if not trial.places:
            self.outcome.setText(tr("{user} is known there, but has no datastore.", user=trial.user))
        elif place is None:
            self.outcome.setText(tr("There is no datastore “{name}”; there are: {names}.", name=wanted, names=names))
        else:
            self.outcome.setText(tr("It works: {user} may publish in {names}.", user=trial.user, names=names))

    def _refused(self, error: GeoPubError) -> None:
        self.test.setEnabled(True)
        self.outcome.setText(" ".join(error.sentences))

    def _place_chosen(self, index: int) -> None:
        if 0 <= index < len(self._places):
            self.prefix.setText(self._places[index].prefix)

    def _check(self, *_value: object) -> None:
        titled = bool(self.title.text().strip())
        self.title_fault.say("" if titled else tr("A title is needed: it is what people will read."))
        fault = address_fault(self.url.text())
        self.url_fault.say(fault)
        prefix = self.prefix.text().strip()
        self.prefix_fault.say(name_fault(prefix) if prefix else "")
        self.test.setEnabled(not fault)
        self.sign_in.setEnabled(not fault)
        faulty = not titled or bool(fault) or bool(prefix and name_fault(prefix))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not faulty)
