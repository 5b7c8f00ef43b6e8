"""The wizard itself: which page follows which."""

from __future__ import annotations

from enum import IntEnum
from typing import Dict, Optional, Type

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QWidget, QWizard

from ...backend.translation import tr
from ...publish.publication_plan import LayerPlan
from ..guide import open_guide
from ..icons import icon
from ..keyboard import give_accelerators, order_tabs
from ..measures import room_for
from .access_page import AccessPage
from .attributes_page import AttributesPage
from .description_page import DescriptionPage
from .draft import Draft
from .generalisation_page import GeneralisationPage
from .information_page import InformationPage
from .levels_page import LevelsPage
from .plan_page import PlanPage
from .sample_page import SamplePage
from .source_page import SourcePage
from .styles_page import StylesPage
from .summary_page import SummaryPage
from .tables_page import TablesPage


class Step(IntEnum):
    """The pages, in their order."""

    TABLES = 0
    STYLES = 1
    ATTRIBUTES = 2
    LEVELS = 3
    GENERALISATION = 4
    SAMPLE = 5
    SOURCE = 6
    DESCRIPTION = 7
    INFORMATION = 8
    ACCESS = 9
    SUMMARY = 10


PAGES: Dict[Step, Type[PlanPage]] = {
    Step.TABLES: TablesPage,
    Step.STYLES: StylesPage,
    Step.ATTRIBUTES: AttributesPage,
    Step.LEVELS: LevelsPage,
    Step.GENERALISATION: GeneralisationPage,
    Step.SAMPLE: SamplePage,
    Step.SOURCE: SourcePage,
    Step.DESCRIPTION: DescriptionPage,
    Step.INFORMATION: InformationPage,
    Step.ACCESS: AccessPage,
    Step.SUMMARY: SummaryPage,
}
TILES = (Step.ATTRIBUTES, Step.LEVELS, Step.GENERALISATION, Step.SAMPLE)
RECORD = (Step.DESCRIPTION, Step.INFORMATION)


class PublicationWizard(QWizard):
    """Leads through every setting of a draft; accepted, `plan` is what is to be published."""

    def __init__(self, draft: Draft, parent: Optional[QWidget] = None) -> None:
        """Begin with the draft as it is."""
        super().__init__(parent)
        self.draft = draft
        title = (
            tr("Update “{title}”", title=draft.plan.title)
            if draft.update
            else tr("Publish “{title}”", title=draft.plan.title)
        )
        self.setWindowTitle(title)
        self.setWindowIcon(icon("publish"))
        self.setWizardStyle(QWizard.WizardStyle.ModernStyle)
        self.setOption(QWizard.WizardOption.IndependentPages, False)
        self.setOption(QWizard.WizardOption.NoBackButtonOnStartPage, True)
        self.setOption(QWizard.WizardOption.HaveHelpButton, True)
        self.helpRequested.connect(lambda: open_guide("wizard", self))
        for button, text in (
            (QWizard.WizardButton.BackButton, tr("Previous step")),
            (QWizard.WizardButton.NextButton, tr("Continue")),
            (QWizard.WizardButton.FinishButton, tr("Update now") if draft.update else tr("Publish now")),
            (QWizard.WizardButton.CancelButton, tr("Cancel")),
            (QWizard.WizardButton.HelpButton, tr("Help")),
        ):
            self.setButtonText(button, text)
        self.pages: Dict[Step, PlanPage] = {}
        for step, page in PAGES.items():
            self.pages[step] = page(draft)
            self.setPage(step, self.pages[step])
        self.setStartId(Step.TABLES)
        self.currentIdChanged.connect(self._entered)

    @property
    def plan(self) -> LayerPlan:
        """What is to be published."""
        return self.draft.plan

    def nextId(self) -> int:
        """Return the page that follows, without those of services that are not chosen."""
        plan = self.draft.plan
        left_out = set() if "tms" in plan.services else set(TILES)
        left_out |= set() if "wms" in plan.services else {Step.STYLES}
        left_out |= set() if plan.record else set(RECORD)
        return next((step for step in Step if step > self.currentId() and step not in left_out), -1)

    def _entered(self, _step: int) -> None:
        """Give letters to the page and to the buttons, which are seen together; QWizard leads from one to the other."""
        if self.currentPage() is not None:
            give_accelerators(self)
            order_tabs(self.currentPage())

    def showEvent(self, event: QShowEvent) -> None:
        """Take the size that is needed: Qt takes two thirds of the screen at most."""
        super().showEvent(event)
        if not self.testAttribute(Qt.WidgetAttribute.WA_Resized):
            self.resize(self.sizeHint())
        self._entered(self.currentId())  # the first page was entered unseen

    def sizeHint(self) -> QSize:
        """Return a size in which most pages need no scrolling."""
        return room_for(self, super().sizeHint(), QSize(760, 640))
