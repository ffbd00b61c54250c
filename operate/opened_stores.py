"""The stores of a data folder, whether its Tickcast runs or not."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from core.settings import Settings
from operate.data_folder import locked_data_folder, prepare_data_folder
from operate.embedded_redis import is_running, start_redis, stop_redis
from storage.stores import Stores, open_stores


@contextmanager
def opened_stores(settings: Settings, alone: bool = False) -> Iterator[Stores]:
    """Open the stores; an embedded Redis that does not run is run meanwhile.

    With `alone` a running Tickcast is refused: raises `DataFolderInUse`.
    """
    with ExitStack() as stack:
        redis_is_missing = settings.embedded_redis and not is_running(settings)
        if alone or redis_is_missing:
            stack.enter_context(locked_data_folder(settings))
        if redis_is_missing:
            stack.callback(stop_redis, start_redis(settings))
        prepare_data_folder(settings)
        stores = open_stores(settings)
        stack.callback(stores.close)
        yield stores
