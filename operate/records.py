"""Whether the records of an installation are all there: asked at the start."""

from core.settings import Settings
from storage.database import open_database
from storage.installation.marks import Fault, Marks
from storage.redis_connection import connect


def look_after_marks(settings: Settings) -> list[Fault]:
    """Mark SQL, Redis and the files as one installation, or return what of it is missing.

    Opens no other store, so that the start need not wait for what those import.
    """
    engine = open_database(settings.database_address)
    try:
        with connect(settings.redis_address) as client:
            return Marks(client, engine, settings.data_dir, settings.heads_file).note()
    finally:
        engine.dispose()
