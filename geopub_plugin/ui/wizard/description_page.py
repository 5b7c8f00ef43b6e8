"""What the data are, who is responsible for them, and since when they are there."""

from __future__ import annotations

from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtWidgets import QComboBox, QDateEdit, QLineEdit, QPlainTextEdit

from ...backend.translation import tr
from ...publish.metadata.code_lists import categories, frequencies, themes
from ...publish.metadata.description import own_identifier
from ..moments import day_format
from .checklist import Checklist
from .draft import Draft
from .plan_page import PlanPage
from .words_field import WordsField

ISO = Qt.DateFormat.ISODate


class DescriptionPage(PlanPage):
    """The description of the resource."""

    def __init__(self, draft: Draft) -> None:
        told = tr("What a metadata record says of the data. Everything known is filled in.")
        super().__init__(draft, tr("Description"), told)
        self._make_fields()
        form = self.form()
        self.row(form, tr("Summary (Markdown)"), self.abstract, "abstract", needed=True)
        self.row(form, tr("Unique identifier"), self.identifier, "identifier")
        self.row(form, tr("Themes"), self.categories, "categories", needed=True)
        self.row(form, tr("INSPIRE keywords (optional)"), self.themes)
        self.row(form, tr("Free keywords (optional)"), self.words)
        self.row(form, tr("Contact for the record (e-mail)"), self.contact, "contact_email", needed=True)
        self.row(form, tr("Creation date"), self.created, "creation_date", needed=True)
        self.row(form, tr("Updated"), self.frequency)
        self.row(form, tr("Origin (optional)"), self.genealogy)
        self.row(form, tr("Organisation"), self.organisation, "organisation", needed=True)
        self.row(form, tr("E-mail of the organisation"), self.email, "organisation_email", needed=True)
        self.content.addStretch()
        self._connect()

    def show_plan(self) -> None:
        """Fill the fields from the draft."""
        it = self.draft.plan.description
        for field, text in ((self.abstract, it.abstract), (self.genealogy, it.genealogy)):
            field.blockSignals(True)
            field.setPlainText(text)
            field.blockSignals(False)
        self.identifier.setText(it.identifier)
        prefix = self.draft.limits.identifier_prefix
        self.identifier.setPlaceholderText(own_identifier(self.draft.plan.layer_name, prefix))
        self.categories.chosen = it.categories
        self.themes.chosen = it.keywords
        self.words.words = it.free_keywords
        self.contact.setText(it.contact_email)
        self.created.blockSignals(True)
        self.created.setDate(QDate.fromString(it.creation_date, ISO) if it.creation_date else QDate.currentDate())
        self.created.blockSignals(False)
        if not it.creation_date:
            self.draft.describe(creation_date=self.created.date().toString(ISO))
        self.frequency.setCurrentIndex(max(self.frequency.findData(it.frequency), 0))
        self.organisation.setText(it.organisation)
        self.email.setText(it.organisation_email)

    def _make_fields(self) -> None:
        self.abstract, self.genealogy = QPlainTextEdit(), QPlainTextEdit()
        for field, lines in ((self.abstract, 4), (self.genealogy, 2)):
            field.setTabChangesFocus(True)
            field.setFixedHeight(field.fontMetrics().lineSpacing() * lines + 16)
        self.identifier, self.contact = QLineEdit(), QLineEdit()
        self.organisation, self.email = QLineEdit(), QLineEdit()
        self.categories = Checklist(categories(), 5)
        self.themes = Checklist({theme: theme for theme in themes()}, 5)
        self.words = WordsField()
        self.created = QDateEdit()
        self.created.setCalendarPopup(True)
        self.created.setDisplayFormat(day_format())
        self.frequency = QComboBox()
        for code, text in frequencies().items():
            self.frequency.addItem(text, code)

    def _connect(self) -> None:
        tell = self.draft.describe
        self.abstract.textChanged.connect(lambda: tell(abstract=self.abstract.toPlainText()))
        self.genealogy.textChanged.connect(lambda: tell(genealogy=self.genealogy.toPlainText()))
        self.identifier.textEdited.connect(lambda text: tell(identifier=text.strip()))
        self.contact.textEdited.connect(lambda text: tell(contact_email=text.strip()))
        self.organisation.textEdited.connect(lambda text: tell(organisation=text.strip()))
        self.email.textEdited.connect(self._email_edited)
        self.categories.edited.connect(lambda: tell(categories=self.categories.chosen))
        self.themes.edited.connect(lambda: tell(keywords=self.themes.chosen))
        self.words.edited.connect(lambda: tell(free_keywords=self.words.words))
        self.created.dateChanged.connect(lambda date: tell(creation_date=date.toString(ISO)))
        self.frequency.activated.connect(lambda _index: tell(frequency=self.frequency.currentData()))

    def _email_edited(self, text: str) -> None:
        """Take the organisation's address; the record's contact is the same until it says otherwise."""
        before = self.draft.plan.description
        same = before.contact_email in ("", before.organisation_email)
        self.draft.describe(organisation_email=text.strip(), **({"contact_email": text.strip()} if same else {}))
        self.contact.setText(self.draft.plan.description.contact_email)
