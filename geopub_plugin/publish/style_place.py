"""Where files of styles are kept: annexes are for everybody, those of a restricted layer are where nobody guesses."""

from __future__ import annotations

from .client import Store

ENDS = (".json", ".sld", ".1.1.sld", "/")  # of the files of a style; the last one is for those below it


def style_place(store: Store, layer_name: str, table: str = "") -> str:
    """Return the path of the style of a layer, or of a table in it, without its end.

    Once the layer is restricted nothing stays where it stood as long as everybody might see it.
    """
    name = f"{layer_name}.{table}" if table else layer_name
    for known in store.configurations.list(layer_name=layer_name):
        if any(not offering.open for offering in store.offerings.list(configuration=known.id)):
            store.annexes.withdraw(f"/styles/{name}", ENDS)
            return f"/styles/{known.id}/{name}"  # the id is random, and told to who may see the layer
    return f"/styles/{name}"
