"""A catalogue outside the data folder, and the folder that it belongs to: what no row names is removed at a start."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from ..data_folder import DataFolder
from ..errors import InvalidInput
from ..translation import tr
from . import tables


def pair(connection: Connection, folder: DataFolder, new: bool) -> None:
    """Note which folder a new catalogue is for, or see that an older one is for this folder.

    Args:
        connection: of the transaction that has made or migrated the tables.
        folder: the data folder.
        new: whether the catalogue was empty.

    Raises:
        InvalidInput: the folder holds data that a new catalogue does not know, or the catalogue is another folder's.
    """
    home = connection.execute(select(tables.home.c.folder)).scalar()
    if home is None:
        if folder.holds_data() and new:
            raise InvalidInput(
                tr("The data folder {path} cannot be used.", path=folder.path),
                tr("It holds data, and the database of its catalogue is empty."),
                tr("Give the database that belongs to the folder, or a new folder."),
            )
        connection.execute(insert(tables.home).values(folder=folder.identity))
    elif home != folder.identity:
        raise InvalidInput(
            tr("The data folder {path} cannot be used.", path=folder.path),
            tr("The database of the catalogue belongs to another data folder."),
            tr("Give each data folder a database of its own."),
        )
