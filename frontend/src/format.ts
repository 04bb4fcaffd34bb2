// How times and parties are written.

import type { HomeAssistant, Party } from "./types.js";

/** Write seconds as a clock does: 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** Write seconds for a screen reader: "2 minutes, 5 seconds" in the user's language. */
export function spokenDuration(hass: HomeAssistant, seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const part = (value: number, unit: string): string =>
    new Intl.NumberFormat(hass.locale.language, {
      style: "unit",
      unit,
      unitDisplay: "long",
    }).format(value);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return [
    hours && part(hours, "hour"),
    minutes && part(minutes, "minute"),
    part(whole % 60, "second"),
  ]
    .filter(Boolean)
    .join(" ");
}

/** Write when something began: the time today, with the date before. */
export function startTime(hass: HomeAssistant, iso: string, now: number): string {
  const { language, time_format: format, time_zone: zone } = hass.locale;
  const options: Intl.DateTimeFormatOptions = {
    hour: "numeric",
    minute: "2-digit",
    ...(format === "12" || format === "24" ? { hour12: format === "12" } : {}),
    ...(zone === "server" ? { timeZone: hass.config.time_zone } : {}),
  };
  const day = new Intl.DateTimeFormat(language, {
    day: "numeric",
    month: "short",
    ...(options.timeZone ? { timeZone: options.timeZone } : {}),
  });
  const start = new Date(iso);
  if (day.format(start) !== day.format(now)) Object.assign(options, { day: "numeric", month: "short" });
  return new Intl.DateTimeFormat(language, options).format(start);
}

/** Return how a party is called; `undefined` when nothing is known of it. */
export function partyName(party: Party): string | undefined {
  return party.name ?? party.number ?? undefined;
}
