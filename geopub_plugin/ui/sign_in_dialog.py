"""Making an authentication configuration for a server without knowing what OAuth2 is."""

from __future__ import annotations

from typing import Optional

from qgis.core import Qgis
from qgis.PyQt.QtWidgets import (
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ..backend.errors import GeoPubError
from ..backend.translation import tr
from ..publish.sign_in import BROWSER_CLIENT, GEOPLATEFORME, browser_sign_in, issuer_of, keep, password_sign_in
from .dialog import Dialog
from .fault_label import FaultLabel
from .measures import scaled

PKCE_SINCE = 33600  # QGIS versions before know no sign-in in the browser without a secret


class SignInDialog(Dialog):
    """Asks for login and password, or for the client of a sign-in in the browser; `authcfg` is what was made."""

    least = (460, 0)

    def __init__(self, title: str, api: str, parent: Optional[QWidget] = None) -> None:
        """Sign in on the server of a store API; `title` names the configuration."""
        super().__init__(parent)
        self._title, self._issuer = title, issuer_of(api)
        self.authcfg = ""
        self.setWindowTitle(tr("Sign in – {title}", title=title))
        platform = self._issuer == GEOPLATEFORME
        self.by_password = QRadioButton(tr("With e-mail address and password"), self)
        self.login, self.password = QLineEdit(self), QLineEdit(self)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.by_browser = QRadioButton(tr("In the web browser"), self)
        self.client, self.secret = QLineEdit("" if platform else BROWSER_CLIENT, self), QLineEdit(self)
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.fault = FaultLabel(self)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("Keep"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        for line in (self.login, self.password, self.client, self.secret):
            line.textChanged.connect(self._check)
        self.by_password.toggled.connect(self._check)
        (self.by_browser if platform else self.by_password).setChecked(True)
        self._check()

    def accept(self) -> None:
        """Keep the configuration in QGIS's authentication database."""
        login, password, client = self.login.text().strip(), self.password.text(), self.client.text().strip()
        if self.by_password.isChecked():
            config = password_sign_in(self._title, self._issuer, login, password)
        else:
            config = browser_sign_in(self._title, self._issuer, client, self.secret.text())
        try:
            self.authcfg = keep(config)
        except GeoPubError as error:
            self.fault.say(" ".join(error.sentences))
        else:
            super().accept()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        for choice, rows in (
            (self.by_password, ((tr("E-mail address"), self.login), (tr("Password"), self.password))),
            (self.by_browser, ((tr("Client identifier"), self.client), (tr("Client secret"), self.secret))),
        ):
            layout.addWidget(choice)
            form = QFormLayout()
            form.setContentsMargins(scaled(24), 0, 0, scaled(8))
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            for words, line in rows:
                form.addRow(words, line)
            layout.addLayout(form)
        layout.addWidget(
            QLabel(tr("It is kept encrypted in QGIS's authentication database, and nowhere else."), self, wordWrap=True)
        )
        layout.addWidget(self.fault)
        layout.addStretch()
        layout.addWidget(self.buttons)

    def _fault(self) -> str:
        if self.by_browser.isChecked() and not self.secret.text() and Qgis.QGIS_VERSION_INT < PKCE_SINCE:
            return tr("This version of QGIS needs a client secret to sign in in the browser.")
        return ""

    def _check(self, *_value: object) -> None:
        by_password = self.by_password.isChecked()
        for line in (self.login, self.password):
            line.setEnabled(by_password)
        for line in (self.client, self.secret):
            line.setEnabled(not by_password)
        self.fault.say(self._fault())
        given = self.login.text().strip() and self.password.text() if by_password else self.client.text().strip()
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(given) and not self._fault())
