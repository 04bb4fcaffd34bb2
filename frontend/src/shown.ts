// What a card shows: the chosen recorders and lines, put together from what the feed holds.

import type { ActiveRecording, CardConfig, Line, Recorder, Recording } from "./types.js";

export type LineStatus = "idle" | "recording" | "paused" | "not-recorded" | "unknown";

export interface ShownLine {
  recorder: Recorder;
  line: Line;
  status: LineStatus;
  /** Oldest recording of the line that still runs. */
  recording: ActiveRecording | undefined;
}

export interface ShownRecording {
  recorder: Recorder;
  recording: Recording;
}

export interface Shown {
  recorders: Recorder[];
  /** Newest first; `undefined` while none of the recorders reports any. */
  active: { recorder: Recorder; recording: ActiveRecording }[] | undefined;
  /** How many are active: of very many, not all are sent. */
  count: number | undefined;
  lines: ShownLine[];
  /** Newest first; `undefined` where the user may not listen or nothing is known. */
  recent: ShownRecording[] | undefined;
  paused: number | undefined;
  notRecorded: number | undefined;
  today: number | undefined;
}

const RECENT = 10;

/** Choose from all recorders what the card was configured for. */
export function choose(recorders: Recorder[], config: CardConfig): Shown {
  const byLine = config.recorder
    ? recorders.flatMap((r) => r.lines).find((line) => line.device_id === config.recorder)
    : undefined;
  // A line in the recorder's place is taken for what was meant.
  const wanted = byLine ? [config.recorder!] : (config.lines ?? []);
  const chosen = recorders.filter(
    (recorder) =>
      (byLine || !config.recorder || recorder.device_id === config.recorder) &&
      (!wanted.length || recorder.lines.some((line) => wanted.includes(line.device_id ?? ""))),
  );
  const isWanted = (line: Line): boolean =>
    !wanted.length || wanted.includes(line.device_id ?? "");

  const active: NonNullable<Shown["active"]> = [];
  const lines: ShownLine[] = [];
  const recent: NonNullable<Shown["recent"]> = [];
  for (const recorder of chosen) {
    const ids = new Set(recorder.lines.filter(isWanted).map((line) => line.id));
    for (const recording of activeOf(recorder) ?? []) {
      if (!wanted.length || recording.lines.some((id) => ids.has(id))) {
        active.push({ recorder, recording });
      }
    }
    for (const recording of recorder.recent ?? []) {
      if (!wanted.length || recording.lines.some((id) => ids.has(id))) {
        recent.push({ recorder, recording });
      }
    }
    for (const line of recorder.lines.filter(isWanted)) lines.push(showLine(recorder, line));
  }
  // Those of lines are all listed.
  const unlisted = wanted.length
    ? 0
    : chosen.filter(activeOf).reduce((sum, recorder) => sum + recorder.unlisted, 0);
  const told = active.filter(({ recording }) => recording.is_paused !== null);
  const judged = lines.filter(({ line }) => line.not_recorded !== null);
  const todays = chosen.map((recorder) => recorder.today).filter((today) => today !== null);
  return {
    recorders: chosen,
    active: chosen.some(activeOf) ? active.sort(byStart) : undefined,
    count: chosen.some(activeOf) ? active.length + unlisted : undefined,
    lines,
    recent: chosen.some((recorder) => recorder.recent !== null)
      ? recent.sort(byStart).slice(0, RECENT)
      : undefined,
    paused:
      told.length && !unlisted
        ? told.filter(({ recording }) => recording.is_paused).length
        : undefined,
    notRecorded: judged.length
      ? judged.filter(({ line }) => line.not_recorded).length
      : undefined,
    today:
      !wanted.length && todays.length ? todays.reduce((sum, today) => sum + today, 0) : undefined,
  };
}

/** Return what a recorder records, unless that is not known (any more). */
function activeOf({ available, active }: Recorder): ActiveRecording[] | null {
  return available ? active : null;
}

function showLine(recorder: Recorder, line: Line): ShownLine {
  const active = activeOf(recorder);
  const own = (active ?? [])
    .filter((recording) => recording.lines.includes(line.id))
    .sort((a, b) => startOf(a) - startOf(b));
  let status: LineStatus = "idle";
  if (line.not_recorded) status = "not-recorded";
  else if (active === null) status = "unknown";
  else if (own.length) status = own.every((rec) => rec.is_paused) ? "paused" : "recording";
  return { recorder, line, status, recording: own[0] };
}

function byStart(
  a: { recording: { started_at: string | null } },
  b: { recording: { started_at: string | null } },
): number {
  return startOf(b.recording) - startOf(a.recording);
}

function startOf(recording: { started_at: string | null }): number {
  return recording.started_at === null ? 0 : Date.parse(recording.started_at);
}
