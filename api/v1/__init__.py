"""The routes of `/api/v1` in a body of their own: `{success, data | error, metadata}`."""
