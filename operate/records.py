"""Whether the records of an installation are all there: asked at the start and by the doctor."""

from core.settings import Settings
from storage.installation.marks import Fault
from storage.stores import open_stores


def look_after_marks(settings: Settings) -> list[Fault]:
    """Mark SQL, Redis and the files as one installation, or return what of it is missing."""
    stores = open_stores(settings)
    try:
        return stores.marks.note()
    finally:
        stores.close()
