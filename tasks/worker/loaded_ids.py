"""Which models this process holds in memory."""

from tasks.jobs.loaded_signal_models import models
from tasks.jobs.loaded_slot_models import loaded_runs


def loaded_ids() -> list[str]:
    """Return the ids of the trainings whose models are loaded."""
    return sorted({*models.ids(), *loaded_runs()})
