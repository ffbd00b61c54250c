"""Which models this process holds in memory."""

from tasks.outlook_models import models
from tasks.slot_models import loaded_runs


def loaded_ids() -> list[str]:
    """Return the ids of the trainings whose models are loaded."""
    return sorted({*models.ids(), *loaded_runs()})
