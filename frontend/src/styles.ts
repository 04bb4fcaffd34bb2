// What the card and the player look like: Home Assistant's theme, and sizes that follow the card's own width.

import { css } from "lit";

export const controls = css`
  :host {
    --recording: var(--red-color, #f44336);
    --paused: var(--amber-color, #ffc107);
    --not-recorded: var(--deep-orange-color, #ff6f22);
    --radius: var(--ha-border-radius-lg, 12px);
    color: var(--primary-text-color);
  }
  * {
    box-sizing: border-box;
  }
  .icon {
    width: 1.5em;
    height: 1.5em;
    fill: currentColor;
    flex: none;
    vertical-align: middle;
  }
  button,
  a.button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    border-radius: 999px;
    cursor: pointer;
    text-decoration: none;
    -webkit-tap-highlight-color: transparent;
  }
  button:focus-visible,
  a:focus-visible,
  input:focus-visible,
  [tabindex]:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  button:disabled {
    cursor: default;
    opacity: 0.5;
  }
  .round {
    width: 40px;
    height: 40px;
    padding: 0;
    display: inline-grid;
    place-items: center;
    flex: none;
  }
  .text {
    min-width: 40px;
    min-height: 40px;
    padding: 0 6px;
    font-size: 0.9em;
    font-variant-numeric: tabular-nums;
    flex: none;
  }
  .filled {
    min-height: 36px;
    padding: 0 14px;
    font-weight: 500;
    background: color-mix(in srgb, var(--tint, var(--primary-color)) 18%, transparent);
  }
  .main {
    background: color-mix(in srgb, var(--primary-color) 18%, transparent);
  }
  @media (hover: hover) {
    .round:hover:not(:disabled),
    .text:hover:not(:disabled) {
      background: color-mix(in srgb, currentColor 10%, transparent);
    }
    .filled:hover:not(:disabled) {
      background: color-mix(in srgb, var(--tint, var(--primary-color)) 30%, transparent);
    }
  }
`;

export const card = css`
  :host {
    display: block;
    height: 100%;
    font-size: var(--ha-font-size-m, 14px);
    line-height: 1.35;
  }
  ha-card {
    height: 100%;
    display: flex;
    flex-direction: column;
    container-type: inline-size;
    overflow: hidden;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
    padding: 14px 16px 10px;
  }
  h2 {
    flex: 1 1 8em;
    min-width: 0;
    margin: 0;
    font-size: 1.3em;
    font-weight: 500;
    line-height: 1.2;
    overflow-wrap: anywhere;
  }
  h3 {
    margin: 0;
    padding: 0 16px 6px;
    font-size: 0.95em;
    font-weight: 500;
    color: var(--secondary-text-color);
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  /* Counts */
  dl.counts {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin: 0;
  }
  .counts > div {
    display: flex;
    align-items: center;
    gap: 5px;
    padding-block: 3px;
    padding-inline: 7px 11px;
    border-radius: 999px;
    background: color-mix(in srgb, var(--tint, var(--secondary-text-color)) 12%, transparent);
  }
  .counts .icon {
    width: 1.25em;
    height: 1.25em;
    color: var(--tint, var(--secondary-text-color));
  }
  .counts dt {
    order: 2;
  }
  .counts dd {
    margin: 0;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .neutral {
    --tint: var(--secondary-text-color);
  }
  .recording {
    --tint: var(--recording);
  }
  .paused {
    --tint: var(--paused);
  }
  .not-recorded {
    --tint: var(--not-recorded);
  }

  /* The body scrolls where the dashboard gives the card a height. */
  .body {
    flex: 1;
    min-height: 0;
    overflow: auto;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-content: start;
    gap: 10px;
    padding-bottom: 12px;
  }
  .columns,
  .columns > div {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-content: start;
    gap: 14px;
  }
  .body:focus-visible {
    outline-offset: -2px;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  ul.rows {
    max-height: var(--call-recorder-list-height, 26em);
    overflow: auto;
  }
  /* On a wall nobody scrolls. */
  ul.rows.active {
    max-height: var(--call-recorder-list-height, max(26em, 55vh));
  }
  ul.rows:focus-visible {
    outline-offset: -2px;
  }
  .rows > li {
    padding-block: 4px;
    padding-inline: 16px 8px;
    content-visibility: auto;
    contain-intrinsic-size: auto 56px;
  }
  .row {
    display: flex;
    align-items: center;
    gap: 12px;
    min-height: 48px;
  }
  .disc {
    width: 36px;
    height: 36px;
    border-radius: 50%;
    display: grid;
    place-items: center;
    flex: none;
    color: var(--tint, var(--secondary-text-color));
    background: color-mix(in srgb, var(--tint, var(--secondary-text-color)) 18%, transparent);
  }
  .rows .main {
    width: 36px;
    height: 36px;
  }
  .names {
    flex: 1;
    min-width: 0;
  }
  .names > * {
    display: flex;
    align-items: center;
    gap: 4px;
    min-width: 0;
  }
  .names .icon {
    width: 1.1em;
    height: 1.1em;
  }
  .ellipsis {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .primary {
    font-weight: 500;
  }
  .secondary {
    white-space: nowrap;
    font-size: 0.9em;
    color: var(--secondary-text-color);
  }
  time.clock {
    font-size: 1.15em;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
    flex: none;
  }
  .duration {
    margin-inline-end: 8px;
    font-variant-numeric: tabular-nums;
  }
  .actions {
    display: flex;
    flex: none;
  }
  .question {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: flex-end;
    gap: 8px;
    padding-bottom: 8px;
    padding-inline-end: 8px;
  }
  p.empty {
    display: flex;
    align-items: center;
    gap: 8px;
    margin: 0;
    padding: 6px 16px 10px;
    color: var(--secondary-text-color);
  }
  .rows + p.empty {
    padding-top: 10px;
  }
  p.empty a {
    color: var(--primary-text-color);
  }
  .notice {
    display: flex;
    align-items: center;
    gap: 8px;
    margin: 0 12px;
    padding-block: 4px;
    padding-inline: 12px 4px;
    min-height: 44px;
    border-radius: var(--radius);
    background: color-mix(in srgb, var(--tint, var(--primary-color)) 14%, transparent);
  }
  .notice > .icon {
    color: var(--tint, var(--primary-color));
  }
  .notice.warning {
    --tint: var(--warning-color, #ffa600);
  }
  .notice.refused {
    --tint: var(--error-color, #db4437);
  }
  .notice span {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  /* Lines */
  ul.lines {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 18em), 1fr));
    gap: 8px;
    padding: 0 12px;
  }
  .lines > li {
    display: flex;
    align-items: center;
    gap: 10px;
    min-width: 0;
    padding-block: 6px;
    padding-inline: 10px 8px;
    min-height: 56px;
    border-radius: var(--radius);
    border: 1px solid var(--divider-color);
  }
  .lines > li.recording,
  .lines > li.paused {
    border-color: color-mix(in srgb, var(--tint) 45%, transparent);
  }
  .lines > li.not-recorded {
    border: 2px solid var(--tint);
    background: color-mix(in srgb, var(--tint) 16%, transparent);
  }
  .lines .secondary {
    white-space: normal;
  }
  .lines .disc {
    width: 32px;
    height: 32px;
  }

  /* One recording is played at a time. */
  call-recorder-player {
    padding-block: 2px 6px;
  }

  @keyframes breathe {
    50% {
      opacity: 0.45;
    }
  }
  .recording .disc .icon {
    animation: breathe 2s ease-in-out infinite;
  }
  @media (prefers-reduced-motion: reduce) {
    .recording .disc .icon {
      animation: none;
    }
  }

  @container (max-width: 380px) {
    .head {
      padding: 12px 12px 8px;
    }
    h3,
    p.empty {
      padding-inline: 12px;
    }
    .rows > li {
      padding-inline: 12px 6px;
    }
    .row {
      gap: 6px;
      flex-wrap: wrap;
      row-gap: 0;
    }
    .names {
      flex-basis: 6.5em;
    }
    .actions {
      margin-inline-start: auto;
    }
    .actions .round {
      width: 36px;
    }
    /* A whole number is worth more: the color and the icon show a pause, too. */
    .active .secondary > :first-child ~ .detail {
      display: none;
    }
  }
  @container (min-width: 760px) {
    .wide .columns {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
    .wide ul.rows {
      max-height: var(--call-recorder-list-height, 42em);
    }
  }
  /* A whole page scrolls as one. */
  :host([layout="panel"]) ul.rows {
    max-height: none;
  }
  :host([layout="panel"]) {
    font-size: clamp(14px, 0.6vw + 8px, 22px);
  }
`;
