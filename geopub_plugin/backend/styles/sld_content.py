"""What SLD 1.0.0 admits: the children of each element, in order (OGC 02-070, annex A; filters: OGC 02-059)."""

from __future__ import annotations

from typing import Dict, FrozenSet, Tuple

SYMBOLIZERS: FrozenSet[str] = frozenset(
    {"LineSymbolizer", "PolygonSymbolizer", "PointSymbolizer", "TextSymbolizer", "RasterSymbolizer"}
)

# Element -> its children in the order of the schema. What stands between braces may come in any order, and repeatedly.
CHILDREN: Dict[str, Tuple[str, ...]] = {
    "StyledLayerDescriptor": ("Name", "Title", "Abstract", "NamedLayer"),
    "NamedLayer": ("Name", "UserStyle"),
    "UserStyle": ("Name", "Title", "Abstract", "IsDefault", "FeatureTypeStyle"),
    "FeatureTypeStyle": ("Name", "Title", "Abstract", "FeatureTypeName", "SemanticTypeIdentifier", "Rule"),
    "Rule": (
        "Name",
        "Title",
        "Abstract",
        "LegendGraphic",
        "Filter",
        "ElseFilter",
        "MinScaleDenominator",
        "MaxScaleDenominator",
        *sorted(SYMBOLIZERS),
    ),
    "LegendGraphic": ("Graphic",),
    "LineSymbolizer": ("Geometry", "Stroke"),
    "PolygonSymbolizer": ("Geometry", "Fill", "Stroke"),
    "PointSymbolizer": ("Geometry", "Graphic"),
    "TextSymbolizer": ("Geometry", "Label", "Font", "LabelPlacement", "Halo", "Fill"),
    "RasterSymbolizer": (
        "Geometry",
        "Opacity",
        "ChannelSelection",
        "OverlapBehavior",
        "ColorMap",
        "ContrastEnhancement",
        "ShadedRelief",
        "ImageOutline",
    ),
    "Geometry": ("PropertyName",),
    "Fill": ("GraphicFill", "CssParameter"),
    "Stroke": ("GraphicFill", "GraphicStroke", "CssParameter"),
    "GraphicFill": ("Graphic",),
    "GraphicStroke": ("Graphic",),
    "Graphic": ("ExternalGraphic", "Mark", "Opacity", "Size", "Rotation"),
    "ExternalGraphic": ("OnlineResource", "Format"),
    "Mark": ("WellKnownName", "Fill", "Stroke"),
    "Font": ("CssParameter",),
    "LabelPlacement": ("PointPlacement", "LinePlacement"),
    "PointPlacement": ("AnchorPoint", "Displacement", "Rotation"),
    "AnchorPoint": ("AnchorPointX", "AnchorPointY"),
    "Displacement": ("DisplacementX", "DisplacementY"),
    "LinePlacement": ("PerpendicularOffset",),
    "Halo": ("Radius", "Fill"),
    "ChannelSelection": ("RedChannel", "GreenChannel", "BlueChannel", "GrayChannel"),
    "RedChannel": ("SourceChannelName", "ContrastEnhancement"),
    "GreenChannel": ("SourceChannelName", "ContrastEnhancement"),
    "BlueChannel": ("SourceChannelName", "ContrastEnhancement"),
    "GrayChannel": ("SourceChannelName", "ContrastEnhancement"),
    "ColorMap": ("ColorMapEntry",),
    "ContrastEnhancement": ("Normalize", "Histogram", "GammaValue"),
}

# Elements that hold a value: text, or expressions.
VALUES: FrozenSet[str] = frozenset(
    {
        "CssParameter", "Opacity", "Size", "Rotation", "Label", "Radius", "AnchorPointX", "AnchorPointY",
        "DisplacementX", "DisplacementY", "PerpendicularOffset",
    }
)  # fmt: skip

# An element without these draws nothing, or is not valid: it goes too.
REQUIRED: Dict[str, Tuple[str, ...]] = {
    "GraphicFill": ("Graphic",),
    "GraphicStroke": ("Graphic",),
    "ExternalGraphic": ("OnlineResource", "Format"),
    "Geometry": ("PropertyName",),
    "LegendGraphic": ("Graphic",),
}

CSS: Dict[str, FrozenSet[str]] = {
    "Fill": frozenset({"fill", "fill-opacity"}),
    "Stroke": frozenset(
        {
            "stroke", "stroke-opacity", "stroke-width", "stroke-linejoin", "stroke-linecap", "stroke-dasharray",
            "stroke-dashoffset",
        }
    ),
    "Font": frozenset({"font-family", "font-style", "font-weight", "font-size"}),
}  # fmt: skip

COMPARISONS: FrozenSet[str] = frozenset(
    {
        "PropertyIsEqualTo", "PropertyIsNotEqualTo", "PropertyIsLessThan", "PropertyIsGreaterThan",
        "PropertyIsLessThanOrEqualTo", "PropertyIsGreaterThanOrEqualTo",
    }
)  # fmt: skip
EXPRESSIONS: FrozenSet[str] = frozenset({"Add", "Sub", "Mul", "Div", "PropertyName", "Function", "Literal"})
