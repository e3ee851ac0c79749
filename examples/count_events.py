"""The agent of worker.py: "how many purchases by country?", from a CSV file of events.

The file has a column event_name and any others; what is asked for is counted by one.
"""
from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

TEXT_MAX = 200  # characters of a value; longer ones are cut
QUESTION = re.compile(
    r"(how many (?P<event>.+?))?\s*((now )?by (?P<by>.+?))?[\s?.!]*", re.IGNORECASE)


def plain(name: str) -> str:
    """The same for add_to_cart and "Add to carts"."""
    return re.sub(r"[\W_]+", "", name.lower()).rstrip("s")


def count_events(run, path: Path) -> tuple[str, dict]:
    """The answer in Markdown, and the result: spec, assumptions and artifacts."""
    run.step("planning", "Reading the question")
    data = pd.read_csv(path, keep_default_na=False, na_values=[""], low_memory=False)
    data = data.replace([float("inf"), float("-inf")], float("nan"))
    events = {plain(name): name for name in data["event_name"].dropna().unique()}
    columns = {plain(name): name for name in data if name not in ("events", "share")}

    match = QUESTION.fullmatch(run.prompt.strip())
    asked = match.groupdict() if match else {"event": None, "by": None}
    if asked["by"] and not asked["event"]:  # a follow-up: the same, but by this
        asked["event"] = (run.spec_before().get("events") or [""])[0]
    event = events.get(plain(asked["event"] or ""))
    by = columns.get(plain(asked["by"] or "event_name"))
    if not event or not by:
        return (f"I can count events, and only that: \"how many {event or '..'} by "
                f"{by or '..'}?\". Events: {', '.join(events.values())}. "
                f"By: {', '.join(columns.values())}.",
                {"spec": {"kind": "unsupported"}, "assumptions": [], "artifacts": []})

    spec = {"kind": "segmentation", "events": [event], "measure": {"type": "events"},
            "range": {"all": True}, "breakdown": [by]}
    run.step("querying", f"Counting {event} by {by}")
    values = data.loc[data["event_name"] == event, by]
    if values.dtype.kind not in "if":
        values = values.map(lambda value: str(value)[:TEXT_MAX], na_action="ignore")
    table = values.value_counts(dropna=False).rename_axis(by).reset_index(name="events")
    table["share"] = table["events"] / len(values)

    run.step("writing", "Writing the table")
    made = run.add_table(f"{event} by {by}", table, spec)
    most = ", ".join(f"{'(none)' if pd.isna(value) else value}: {n} ({share:.1%})"
                     for value, n, share in table[:10].itertuples(index=False))
    text = f"**{event}: {len(values)} events.** By {by}: {most}."
    return f"{text} The table: {made['artifact_id']}.", {
        "spec": spec, "assumptions": ["range: the whole file"], "artifacts": [made]}
