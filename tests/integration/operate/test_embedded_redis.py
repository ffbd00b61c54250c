"""The embedded Redis is real, durable and never evicts."""

import redis


def test_it_keeps_time_series(redis_client: "redis.Redis") -> None:
    redis_client.execute_command("TS.ADD", "x", 1, 2.5)
    assert redis_client.execute_command("TS.GET", "x") == [1, b"2.5"]


def test_it_appends_every_write_to_a_file_and_evicts_nothing(redis_client: "redis.Redis") -> None:
    assert redis_client.config_get("appendonly")["appendonly"] == "yes"
    assert redis_client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
