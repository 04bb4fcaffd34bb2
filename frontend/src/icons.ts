// Drawn here: Home Assistant's own icons come a moment later, and cost a lookup each.

import { svg, type SVGTemplateResult } from "lit";

const ICONS = {
  record: svg`<circle cx="12" cy="12" r="7" />`,
  idle: svg`<path fill-rule="evenodd" d="M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14m0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10" />`,
  pause: svg`<path d="M7 5h4v14H7zM13 5h4v14h-4z" />`,
  play: svg`<path d="M8 5v14l11-7z" />`,
  stop: svg`<path d="M6 6h12v12H6z" />`,
  alert: svg`<path fill-rule="evenodd" d="M12 2.5 23 21.5H1zM11 10v5h2v-5zm0 6.5v2h2v-2z" />`,
  close: svg`<path d="M6.4 5 5 6.4l5.6 5.6L5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6L19 6.4 17.6 5 12 10.6z" />`,
  incoming: svg`<path d="M19 6.4 17.6 5 8 14.6V9H6v9h9v-2H9.4z" />`,
  outgoing: svg`<path d="M5 17.6 6.4 19 16 9.4V15h2V6H9v2h5.6z" />`,
  internal: svg`<path d="m8 7-5 5 5 5v-4h8v4l5-5-5-5v4H8z" />`,
  today: svg`<path fill-rule="evenodd" d="M7 2h2v2h6V2h2v2h3v17H4V4h3zm-1 7v10h12V9z" />`,
} as const;

export type IconName = keyof typeof ICONS;

/** Return an icon. It says nothing to a screen reader: the text beside it does. */
export function icon(name: IconName): SVGTemplateResult {
  return svg`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;
}
