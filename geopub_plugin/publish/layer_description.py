"""What QGIS already knows to say of layers: their metadata, their server properties, the project's, the user's."""

from __future__ import annotations

from datetime import date
from typing import Any, Iterable, Iterator, Sequence, Tuple

from qgis.core import QgsAbstractMetadataBase, QgsProject, QgsSettings, QgsVectorLayer

from .metadata.code_lists import TWO_LETTERS, categories, languages, themes
from .metadata.description import IDENTIFIER_RULE, Description, attribution_fault

ORGANISATION, EMAIL = "geopub/organisation", "geopub/email"  # settings: those of the last record


def proposed_description(layers: Sequence[QgsVectorLayer]) -> Description:
    """Return a description of layers with everything that is known; the first that says something is believed."""
    sources = [*(layer.metadata() for layer in layers), QgsProject.instance().metadata()]
    organisation, email = _contact(sources)
    words = _keywords(layers, sources)
    known_themes = {theme.casefold(): theme for theme in themes()}
    text, url = _attribution(layers)
    return Description(
        abstract=_first([server_words(layer).abstract() or layer.metadata().abstract() for layer in layers]),
        identifier=_identifier(layers),
        categories=_categories(sources),
        keywords=tuple(known_themes[word.casefold()] for word in words if word.casefold() in known_themes),
        free_keywords=tuple(word for word in words if word.casefold() not in known_themes),
        contact_email=email,
        genealogy="\n".join(line for layer in layers for line in layer.metadata().history()),
        creation_date=date.today().isoformat(),
        organisation=organisation,
        organisation_email=email,
        attribution_text=text,
        attribution_url=url,
        language=_language(sources),
    )


def remember_contact(description: Description) -> None:
    """Propose organisation and address of this description for the next one."""
    settings = QgsSettings()
    settings.setValue(ORGANISATION, description.organisation)
    settings.setValue(EMAIL, description.organisation_email)


def proposed_title(layer: QgsVectorLayer) -> str:
    """Return what a layer is called: by its metadata, its server properties, else in the layer tree."""
    return _first(" ".join(text.split())[:99] for text in _titles(layer))


def server_words(layer: QgsVectorLayer) -> Any:
    """Return what holds the words of a layer's QGIS Server page: the layer, or since 3.38 its server properties."""
    properties = layer.serverProperties()
    return properties if hasattr(properties, "keywordList") else layer


def proposed_keywords(layer: QgsVectorLayer) -> Tuple[str, ...]:
    """Return the keywords of one layer."""
    return tuple(_keywords([layer], [layer.metadata()]))


def _titles(layer: QgsVectorLayer) -> Tuple[str, ...]:
    return layer.metadata().title(), server_words(layer).title(), layer.name()


def _contact(sources: Sequence[QgsAbstractMetadataBase]) -> Tuple[str, str]:
    contacts = [contact for source in sources for contact in source.contacts()]
    contacts.sort(key=lambda one: not (one.organization and one.email))
    settings = QgsSettings()
    organisation = _first((*(one.organization for one in contacts), str(settings.value(ORGANISATION, "") or "")))
    email = _first((*(one.email for one in contacts), str(settings.value(EMAIL, "") or "")))
    return organisation, email


def _keywords(layers: Iterable[QgsVectorLayer], sources: Iterable[QgsAbstractMetadataBase]) -> Tuple[str, ...]:
    def said() -> Iterator[str]:
        for layer in layers:
            yield from server_words(layer).keywordList().split(",")
        for source in sources:
            for vocabulary, words in source.keywords().items():
                yield from words if vocabulary != "gmd:topicCategory" else ()

    return tuple(dict.fromkeys(word.strip() for word in said() if word.strip()))


def _categories(sources: Iterable[QgsAbstractMetadataBase]) -> Tuple[str, ...]:
    known = {**{code.casefold(): code for code in categories()}}
    known.update({title.casefold(): code for code, title in categories().items()})
    said = (word.casefold() for source in sources for word in source.categories())
    return tuple(dict.fromkeys(known[word] for word in said if word in known))


def _identifier(layers: Sequence[QgsVectorLayer]) -> str:
    stated = layers[0].metadata().identifier() if len(layers) == 1 else ""
    return stated if IDENTIFIER_RULE.fullmatch(stated) else ""


def _attribution(layers: Sequence[QgsVectorLayer]) -> Tuple[str, str]:
    words = [server_words(layer) for layer in layers]
    pairs = ((one.attribution().strip(), one.attributionUrl().strip()) for one in words)
    return next((pair for pair in pairs if all(pair) and not attribution_fault(*pair)), ("", ""))


def _language(sources: Iterable[QgsAbstractMetadataBase]) -> str:
    codes = [source.language().lower() for source in sources]
    known = [TWO_LETTERS.get(code[:2], "") if len(code) in (2, 5) else code for code in codes]
    return next((code for code in known if code in languages()), Description().language)


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")
