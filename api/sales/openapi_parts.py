"""Parts of the OpenAPI document that are of sales only."""

from typing import Any

Json = dict[str, Any]

_ERROR: Json = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
}


def refused(*codes: int, reason: str) -> Json:
    """Return what documents refusals of a route that needs no key but something else."""
    return {"responses": {str(code): {"description": reason, **_ERROR} for code in codes}}


# Routes of the operator need the admin secret and no key.
ADMIN: Json = {"security": [{"AdminSecret": []}]}
# What is told to the holder of the owner's key as well.
ADMIN_OR_OWNER: Json = {"security": [{"AdminSecret": []}, {"ApiKey": []}]}
REGENERATE: Json = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "overlap_minutes": {
                            "type": "integer",
                            "minimum": 0,
                            "maximum": 1_440,
                            "default": 0,
                        }
                    },
                }
            }
        },
    },
}

WEBHOOK: Json = {
    **refused(401, reason="The signature is missing, wrong or too old."),
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "description": "The event, byte for byte as signed."}
            }
        },
    },
}
