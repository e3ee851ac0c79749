#!/usr/bin/env python3
"""A complete worker: docs/worker-protocol.md in Python, with redis-py and pandas.

What it answers, and from what, is in count_events.py: put your own in its place.
"""
from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import logging
import secrets
import signal
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from count_events import count_events

SCRIPTS = Path(__file__).resolve().parents[1] / "src/store/scripts"
AWAY = (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError)
GROUP_ROWS = 5000  # with texts of at most 200 characters no chunk passes 4 MB
NUMBERS = {"i": ("int64", 1, "<i8"), "f": ("float64", 2, "<f8")}


class Lost(Exception):
    """The run is no longer ours: write nothing more."""


def encode(values: pd.Series) -> bytes:
    """One column of one row group: the encodings 0 and 8, without LZ4."""
    values = values.replace([np.inf, -np.inf], np.nan)
    null, ends, text = values.isna().to_numpy(), bytes(16), b""
    _, dtype, code = NUMBERS.get(values.dtype.kind, ("string", 0, ""))
    if code:
        numbers = values.fillna(0).to_numpy().astype(code)
        buffers = [numbers.tobytes()]
        if not null.all():
            ends = np.sort(numbers[~null])[[0, -1]].tobytes()
    else:
        cells = [b"" if no else str(cell).encode() for cell, no in zip(values, null)]
        offsets, text = np.cumsum([0, *map(len, cells)]), b"".join(cells)
        buffers = [offsets.astype("<u4").tobytes(), text]
    if null.any():
        buffers.insert(0, np.packbits(~null, bitorder="little").tobytes())
    body = b"".join(buffer + bytes(-len(buffer) % 8) for buffer in buffers)
    return struct.pack(
        "<4s4B2I16s4I", b"MZCC", 1, dtype, 0 if code else 8, int(null.any()),
        len(null), int(null.sum()), ends, 0, len(text), len(body), len(body)) + body


class Run:
    """One attempt at a run.  All that is written to it goes through write()."""

    def __init__(self, worker: Worker, part: str, taken: list):
        scope, self.id, attempt, conv, self.prompt, _trace = taken
        self.worker, self.keys = worker, [part, f"{part}:{scope}"]
        self.turns = f"{part}:{scope}:conv:{conv}:turns"
        self.fence = f"{attempt}@{worker.name}"
        self.wake, self.is_over = threading.Event(), False
        self.renew_at = time.monotonic() + worker.lease / 4

    def write(self, script: str, *args) -> None:
        now = [] if script == "chunk" else [0]
        reply = ["over"] if self.is_over else self.worker.scripts[script](
            self.keys, [*now, self.id, self.fence, *args])
        if reply[0] != "ok":
            self.is_over = True
            self.wake.set()
            raise Lost(f"run {self.id}: {script}: {reply}")

    def step(self, phase: str, text: str) -> None:
        """Says how far it is; between steps a run learns that it must stop."""
        self.write("event", phase, text, "")
        self.wake.wait(self.worker.pause)
        if self.worker.ending.is_set():
            self.write("handback", self.worker.lease_ms)
            raise Lost(f"run {self.id}: handed back")

    def spec_before(self) -> dict:
        """Of the conversation's newest answer: what "by country" is about."""
        turns = self.worker.redis.xrevrange(self.turns, count=20)
        return next((json.loads(t["spec"]) for _, t in turns if t.get("spec")), {})

    def add_table(self, name: str, table: pd.DataFrame, spec: dict) -> dict:
        groups = [table[at:at + GROUP_ROWS] for at in range(0, len(table), GROUP_ROWS)]
        columns = [{"name": column, "dtype": NUMBERS.get(dtype.kind, ["string"])[0]}
                   for column, dtype in table.dtypes.items()]
        chunks = [encode(group[column]) for group in groups for column in table]
        letters = "abcdefghijklmnopqrstuvwxyz234567"
        aid = "a_" + "".join(secrets.choice(letters) for _ in range(26))
        for n, chunk in enumerate(chunks):
            self.write("chunk", aid, n, chunk)
        made = {"kind": "table", "name": name, "title": name, "rows": len(table)}
        layout = {"groups": [len(group) for group in groups], "columns": columns}
        self.write("artifact", aid, len(chunks), *sum(made.items(), ()),
                   "digest", hashlib.sha256(b"".join(chunks)).hexdigest(),
                   "layout", json.dumps(layout), "spec", json.dumps(spec))
        return {"artifact_id": aid, **made}


class Worker:
    """Comes to runs, keeps the lease of the one in hand, and tends the queue."""

    def __init__(self, url: str, prefix: str, events: Path, lease: float, pause: float):
        self.prefix, self.events, self.lease, self.pause = prefix, events, lease, pause
        self.lease_ms = int(lease * 1000)
        self.name = f"worker.py:{secrets.token_hex(8)}"
        self.redis = redis.Redis.from_url(  # half a minute without Redis is no error
            url, decode_responses=True, socket_timeout=10,
            retry_on_error=[*AWAY, OSError],
            retry=Retry(ExponentialBackoff(cap=1, base=0.1), 30))
        self.scripts = {  # called by EVALSHA; loaded on NOSCRIPT
            path.stem: self.redis.register_script(
                (SCRIPTS / "lib.lua").read_text() + path.read_text())
            for path in SCRIPTS.glob("*.lua")}
        self.parts, self.seen = [], {}
        self.run: Run | None = None
        self.ending, self.over = threading.Event(), threading.Event()

    def work(self) -> None:
        keeper = threading.Thread(target=self.keep, daemon=True)
        keeper.start()
        while not self.ending.is_set():
            try:
                self.prepare()
                while not self.ending.is_set():
                    self.next_run()
            except (Lost, redis.RedisError) as error:  # NOGROUP: Redis was emptied
                logging.warning("%s", error)
                self.ending.wait(1)
        self.over.set()
        keeper.join()
        self.redis.zrem(f"{self.prefix}:workers", self.name)

    def prepare(self) -> None:
        meta = f"{self.prefix}:meta"
        for field, value in ("schema", 2), ("partitions", 16):
            self.redis.hsetnx(meta, field, value)
        schema, partitions = self.redis.hmget(meta, "schema", "partitions")
        if schema != "2":
            raise SystemExit(f"Redis has schema {schema}, this is a worker for 2")
        self.parts = [f"{self.prefix}:{{{n:02}}}" for n in range(int(partitions))]
        self.seen = {f"{part}:jobs": "0" for part in self.parts}
        for stream in self.seen:
            with contextlib.suppress(redis.ResponseError):  # the group exists
                self.redis.xgroup_create(stream, "agents", id="0", mkstream=True)

    def next_run(self) -> None:
        paused = False
        for _ in self.parts:
            self.parts = self.parts[1:] + self.parts[:1]
            part = self.parts[-1]
            if self.redis.exists(f"{part}:paused"):
                paused = True
                continue
            read = self.redis.xreadgroup(
                "agents", self.name, {f"{part}:jobs": ">"}, count=1)
            if read:
                entry = read[0][1][0][0]
                reply = self.scripts["take"](
                    [part], [0, self.name, self.lease_ms, entry, ""])
                if reply[0] == "taken":
                    self.answer(Run(self, part, reply[1:]))
                return
        if paused:  # what waits there would wake again and again
            self.ending.wait(1)
            return
        news = self.redis.xread(self.seen, count=1, block=1000)
        self.seen.update({stream: entries[0][0] for stream, entries in news})
        if not news:  # after a failover ids may be lower than those that were seen
            self.seen = dict.fromkeys(self.seen, "0")

    def answer(self, run: Run) -> None:
        logging.info("run %s: attempt %s", run.id, run.fence)
        self.run = run
        try:
            text, result = count_events(run, self.events)
            run.write("finish", "completed", text, json.dumps(result),
                      json.dumps(result["spec"]), "")
        except (Lost, *AWAY) as why:
            logging.warning("%s", why)
        except Exception as error:  # what a question does must not end the worker
            logging.warning("run %s failed", run.id, exc_info=True)
            why = {"code": type(error).__name__, "message": str(error)}
            run.write("finish", "failed", "", "", "", json.dumps(why))
        finally:
            run.is_over = True

    def keep(self) -> None:
        """The second thread: the lease, cancellation, sign of life, the sweep."""
        hints, beat_at = self.redis.pubsub(ignore_subscribe_messages=True), 0.0
        while not self.over.is_set():
            try:
                if not hints.subscribed:
                    hints.psubscribe(f"{self.prefix}:cancel:*")
                hint = hints.get_message(timeout=min(1, self.lease / 8))
                run, now = self.run, time.monotonic()
                is_told = run and hint and hint["channel"].endswith(run.id)
                if run and not run.is_over and (is_told or now >= run.renew_at):
                    run.renew_at = now + self.lease / 4
                    run.write("renew", self.lease_ms)
                if self.parts and now >= beat_at:
                    beat_at = now + min(5, self.lease / 2)
                    at = int(time.time() * 1000)
                    self.redis.zadd(f"{self.prefix}:workers", {self.name: at})
                    for part in self.parts:
                        self.scripts["sweep"]([part], [0, 100, self.lease_ms, 86400000])
            except Lost as why:
                logging.info("%s", why)
            except redis.RedisError as error:
                logging.warning("%s", error)
                time.sleep(1)

    def end(self, *_signal) -> None:
        self.ending.set()
        if self.run:
            self.run.wake.set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redis", dest="url", metavar="URL",
                        default="redis://127.0.0.1:6379")
    parser.add_argument("--prefix", default="mitzu")
    parser.add_argument("--events", type=Path, required=True, metavar="FILE.csv")
    parser.add_argument("--lease", type=float, default=30, metavar="SECONDS")
    parser.add_argument("--pause", type=float, default=0, metavar="SECONDS",
                        help="after each step, to watch it at work")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    worker = Worker(**vars(options))
    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, worker.end)
    worker.work()


if __name__ == "__main__":
    main()
