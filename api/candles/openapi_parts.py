"""What the OpenAPI document says of uploads of candles beyond the struct that JSON is read into."""

import msgspec

from api.candles.read_upload import TABLES
from api.candles.schemas_candles import CandlesRequest
from api.docs.openapi_parts import FILE, TEXT, Json


def _schema(struct: type[msgspec.Struct]) -> Json:
    components: Json = msgspec.json.schema_components((struct,))[1]
    found: Json = components[struct.__name__]
    return found


CANDLE_BODIES: Json = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _schema(CandlesRequest)},
            "application/x-ndjson": TEXT,
            "text/csv": TEXT,
            **dict.fromkeys(TABLES, FILE),
        },
    }
}
