// The card `custom:call-recorder-card`.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { callAction } from "./actions.js";
import { type Feed, feedOf } from "./feed.js";
import { clock, partyName, spokenDuration, startTime } from "./format.js";
import { icon, type IconName } from "./icons.js";
import { choose, type Shown, type ShownLine, type ShownRecording } from "./shown.js";
import * as styles from "./styles.js";
import { fetchTexts, localizeFor, pageLocalize, type Localize, type TextKey } from "./texts.js";
import type {
  ActiveRecording,
  CardConfig,
  HomeAssistant,
  Line,
  Party,
  Recorder,
  Recording,
  Section,
} from "./types.js";

const SECTIONS: Section[] = ["counts", "active", "start", "recent"];
const STATUS_ICON: Record<ShownLine["status"], IconName> = {
  idle: "idle",
  unknown: "idle",
  recording: "record",
  paused: "pause",
  "not-recorded": "alert",
};
const STATUS_TEXT: Record<Exclude<ShownLine["status"], "unknown">, TextKey> = {
  idle: "state_idle",
  recording: "state_recording",
  paused: "state_paused",
  "not-recorded": "state_not_recorded",
};

/** Rows of active recordings: more than anybody looks at. */
const MOST_ROWS = 200;
/** Milliseconds. */
const NOTICE_TIME = 8000;

/** Return what tells whether a recording is a given one. */
function isSame({ recording: { media_content_id: id } }: ShownRecording) {
  return ({ recording }: ShownRecording): boolean => recording.media_content_id === id;
}

interface Notice {
  text: string;
  isRefusal: boolean;
}

export class CallRecorderCard extends LitElement {
  @property({ reflect: true }) layout: string | undefined;

  @state() private config: CardConfig | undefined;
  @state() private notice: Notice | undefined;
  /** Ids of what waits for the recorder's answer. */
  @state() private busy: ReadonlySet<string> = new Set();
  /** Id of the active recording whose stop has to be confirmed. */
  @state() private stopping: string | undefined;
  /** The finished recording that is played. */
  @state() private playing: ShownRecording | undefined;

  private _hass: HomeAssistant | undefined;
  private feed: Feed | undefined;
  private stopListening: (() => void) | undefined;
  private timer: number | undefined;

  // --- What Home Assistant calls ---

  static getStubConfig(): Partial<CardConfig> {
    return { show: SECTIONS };
  }

  static getConfigForm(): Record<string, unknown> {
    const text = pageLocalize();
    const device = { filter: [{ integration: "call_recorder" }] };
    const line = { filter: [{ integration: "call_recorder", model: "Line" }], multiple: true };
    return {
      schema: [
        { name: "title", selector: { text: {} } },
        { name: "recorder", selector: { device } },
        { name: "lines", selector: { device: line } },
        {
          name: "show",
          selector: {
            select: {
              multiple: true,
              mode: "list",
              options: SECTIONS.map((value) => ({ value, label: text(`show_${value}`) })),
            },
          },
        },
      ],
      computeLabel: ({ name }: { name: keyof CardConfig }) => text(name as TextKey),
      computeHelper: ({ name }: { name: string }) =>
        name === "recorder" || name === "lines" ? text(`${name}_helper`) : undefined,
    };
  }

  setConfig(config: CardConfig): void {
    const { recorder, lines, show, title } = config;
    for (const [name, value] of Object.entries({ recorder, title })) {
      if (value !== undefined && typeof value !== "string") throw new Error(`${name} must be a text`);
    }
    for (const [name, value] of Object.entries({ lines, show })) {
      if (value !== undefined && !Array.isArray(value)) throw new Error(`${name} must be a list`);
    }
    const unknown = show?.find((section) => !SECTIONS.includes(section));
    if (unknown) throw new Error(`show knows ${SECTIONS.join(", ")}, but not ${unknown}`);
    this.config = config;
  }

  getCardSize(): number {
    return 6;
  }

  getGridOptions(): Record<string, unknown> {
    return { columns: 12, rows: "auto", min_columns: 6, min_rows: 2 };
  }

  get hass(): HomeAssistant | undefined {
    return this._hass;
  }

  /** Called with each state change of any entity: only what the card shows may draw it anew. */
  @property({ attribute: false, noAccessor: true })
  set hass(hass: HomeAssistant | undefined) {
    const before = this._hass;
    this._hass = hass;
    if (hass?.connection !== before?.connection) this.follow();
    if (hass && hass.language !== before?.language) {
      void fetchTexts(hass.language).then(() => this.requestUpdate());
    }
    if (
      hass?.language !== before?.language ||
      hass?.locale !== before?.locale ||
      hass?.themes.darkMode !== before?.themes.darkMode
    ) {
      this.requestUpdate();
    }
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = window.setInterval(() => this.tick(), 1000);
    this.follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearInterval(this.timer);
    this.stopListening?.();
    this.stopListening = undefined;
    this.playing = undefined;
  }

  /** Follow the connection's feed, while the card is on the page. */
  private follow(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    if (!this._hass || !this.isConnected) return;
    this.feed = feedOf(this._hass.connection);
    this.stopListening = this.feed.listen(() => this.requestUpdate());
    this.requestUpdate();
  }

  // --- Clocks: they move without drawing the card anew ---

  private tick(): void {
    if (document.hidden || !this.feed) return;
    const now = this.feed.now();
    for (const element of this.renderRoot.querySelectorAll<HTMLElement>("time.clock")) {
      element.textContent = clock((now - Date.parse(element.dataset["since"]!)) / 1000);
    }
  }

  protected override updated(): void {
    this.tick();
  }

  private clock(since: string | null | undefined): TemplateResult | typeof nothing {
    return since ? html`<time class="clock" data-since=${since}></time>` : nothing;
  }

  // --- The card ---

  protected override render(): TemplateResult | typeof nothing {
    if (!this.config || !this._hass) return nothing;
    const text = localizeFor(this._hass.language);
    const { recorders } = this.feed ?? {};
    const shown = choose(recorders ?? [], this.config);
    const shows = (section: Section): boolean => (this.config?.show ?? SECTIONS).includes(section);
    const isWide = shows("active") && (shows("start") || shows("recent"));
    return html`
      <ha-card style=${`color-scheme: ${this._hass.themes.darkMode ? "dark" : "light"}`}>
        <div class="head">
          <h2>${this.cardTitle(shown, text)}</h2>
          ${shows("counts") && shown.recorders.length ? this.counts(shown, text) : nothing}
        </div>
        <div class="body ${isWide ? "wide" : ""}">
          ${this.notice ? this.noticeRow(this.notice, text) : nothing}
          ${recorders ? this.troubles(recorders, shown, text) : html`<p class="empty">${text("loading")}</p>`}
          ${shown.recorders.length
            ? html`<div class="columns">
                ${shows("active") ? html`<div>${this.activeSection(shown, text)}</div>` : nothing}
                ${shows("start") || shows("recent")
                  ? html`<div>
                      ${shows("start") && shown.lines.length ? this.lineSection(shown, text) : nothing}
                      ${shows("recent") && shown.recent ? this.recentSection(shown.recent, text) : nothing}
                    </div>`
                  : nothing}
              </div>`
            : nothing}
        </div>
        <div class="visually-hidden" role="status">
          ${this.notice && !this.notice.isRefusal ? this.notice.text : nothing}
        </div>
      </ha-card>
    `;
  }

  private cardTitle({ recorders, lines }: Shown, text: Localize): string {
    if (this.config?.title) return this.config.title;
    if (this.config?.lines?.length === 1 && lines[0]) return lines[0].line.name;
    return this.config?.recorder && recorders[0] ? recorders[0].name : text("card_name");
  }

  /** Name a section; one that is alone goes by the card's title. */
  private heading(key: TextKey, text: Localize): TemplateResult | typeof nothing {
    const shown = (this.config?.show ?? SECTIONS).filter((section) => section !== "counts");
    return shown.length > 1 ? html`<h3>${text(key)}</h3>` : nothing;
  }

  private counts(shown: Shown, text: Localize): TemplateResult {
    const counts: [string, IconName, TextKey, number | undefined][] = [
      ["recording", "record", "count_active", shown.count],
      ["paused", "pause", "count_paused", shown.paused || undefined],
      ["not-recorded", "alert", "count_not_recorded", shown.notRecorded || undefined],
      ["", "today", "count_today", shown.today],
    ];
    return html`<dl class="counts">
      ${counts.map(([kind, name, key, count]) =>
        count === undefined
          ? nothing
          : html`<div class=${count ? kind : ""}>
              <dt>${text(key)}</dt>
              <dd>${icon(name)} ${this.number(count)}</dd>
            </div>`,
      )}
    </dl>`;
  }

  private noticeRow({ text: sentence, isRefusal }: Notice, text: Localize): TemplateResult {
    return html`<div class="notice ${isRefusal ? "refused" : ""}" role=${isRefusal ? "alert" : nothing}>
      ${icon(isRefusal ? "alert" : "record")}
      <span>${sentence}</span>
      <button class="round" aria-label=${text("dismiss")} @click=${() => (this.notice = undefined)}>
        ${icon("close")}
      </button>
    </div>`;
  }

  /** Say what is wrong with whole recorders. */
  private troubles(all: Recorder[], shown: Shown, text: Localize): unknown {
    if (!all.length) {
      return html`<p class="empty">
        <span>${text("no_recorder")}</span>
        ${this._hass?.user?.is_admin
          ? html`<a href="/config/integrations/dashboard/add?domain=call_recorder">${text("add_recorder")}</a>`
          : nothing}
      </p>`;
    }
    if (!shown.recorders.length) return html`<p class="empty">${text("recorder_missing")}</p>`;
    return shown.recorders.map(({ available, active, name: recorder }) => {
      if (!available) {
        return html`<div class="notice warning">
          ${icon("alert")}<span>${text("unavailable", { recorder })}</span>
        </div>`;
      }
      return active === null
        ? html`<p class="empty">${text("not_yet_known", { recorder })}</p>`
        : nothing;
    });
  }

  // --- Active recordings ---

  private activeSection({ active, count = 0 }: Shown, text: Localize): TemplateResult | typeof nothing {
    if (!active) return nothing;
    const rows = active.slice(0, MOST_ROWS);
    const more = count - rows.length;
    return html`<section>
      ${this.heading("heading_active", text)}
      ${rows.length
        ? html`<ul class="rows active" tabindex="0" aria-label=${text("heading_active")}>
            ${repeat(
              rows,
              ({ recorder, recording }) => recorder.entry_id + recording.id,
              ({ recorder, recording }) => this.activeRow(recorder, recording, text),
            )}
          </ul>`
        : html`<p class="empty">${icon("idle")} ${text("no_active")}</p>`}
      ${more > 0 ? html`<p class="empty">${text("more_active", { count: this.number(more) })}</p>` : nothing}
    </section>`;
  }

  private activeRow(recorder: Recorder, recording: ActiveRecording, text: Localize): TemplateResult {
    const { id, is_paused: isPaused } = recording;
    const call = this.callName(recorder, recording.lines, recording.local);
    return html`<li class=${isPaused ? "paused" : "recording"}>
      <div class="row">
        <span class="disc">${icon(isPaused ? "pause" : "record")}</span>
        <span class="visually-hidden">${text(isPaused ? "state_paused" : "state_recording")}</span>
        ${this.names(call, recording, isPaused ? text("state_paused") : undefined, text)}
        ${this.clock(recording.started_at)}
        <div class="actions">
          ${recorder.can_pause && isPaused !== null
            ? html`<button
                class="round"
                aria-label=${text(isPaused ? "resume_call" : "pause_call", { call })}
                ?disabled=${this.busy.has(id)}
                @click=${() => this.steer(isPaused ? "resume" : "pause", recorder, id)}
              >
                ${icon(isPaused ? "record" : "pause")}
              </button>`
            : nothing}
          ${recorder.can_stop
            ? html`<button
                class="round"
                aria-label=${text("stop_call", { call })}
                aria-expanded=${this.stopping === id}
                ?disabled=${this.busy.has(id)}
                @click=${() => (this.stopping = this.stopping === id ? undefined : id)}
              >
                ${icon("stop")}
              </button>`
            : nothing}
        </div>
      </div>
      ${this.stopping === id ? this.stopQuestion(recorder, id, text) : nothing}
    </li>`;
  }

  private stopQuestion(recorder: Recorder, id: string, text: Localize): TemplateResult {
    return html`<div class="question" role="group" aria-label=${text("stop_question")}>
      <span>${text("stop_question")}</span>
      <button class="filled neutral" @click=${this.keep}>${text("keep")}</button>
      <button class="filled" @click=${() => this.steer("stop", recorder, id)}>${text("stop")}</button>
    </div>`;
  }

  /** Take the question away. The keyboard's focus goes back to the button that asked it. */
  private keep(event: Event): void {
    this.stopping = undefined;
    const row = (event.target as Element).closest("li");
    row?.querySelector<HTMLElement>("button[aria-expanded]")?.focus();
  }

  /** Who talks with whom: the line or user, and the other party below. */
  private names(
    call: string,
    recording: ActiveRecording | Recording,
    detail: string | undefined,
    text: Localize,
  ): TemplateResult {
    const { direction } = recording;
    const arrow = direction && direction !== "unknown" ? direction : undefined;
    return html`<div class="names">
      <div class="primary"><span class="ellipsis" dir="auto" title=${call}>${call}</span></div>
      <div class="secondary">
        ${arrow
          ? html`${icon(arrow)}<span class="visually-hidden">${text(`direction_${arrow}`)}</span>`
          : nothing}
        ${this.party(recording.remote)}
        ${detail ? html`<span class="detail">${partyName(recording.remote) ? "· " : ""}${detail}</span>` : nothing}
      </div>
    </div>`;
  }

  /** A number reads from the left in every language, and is cut off at its end. */
  private party(party: Party): TemplateResult | typeof nothing {
    const shown = partyName(party);
    const direction = party.name ? "auto" : "ltr";
    return shown
      ? html`<span class="ellipsis" dir=${direction} title=${shown}>${shown}</span>`
      : nothing;
  }

  /** Return what a call is called: by its lines, its user, or at least its recorder. */
  private callName(recorder: Recorder, ids: string[], local: Party): string {
    const names = recorder.lines.filter(({ id }) => ids.includes(id)).map(({ name }) => name);
    return names.join(", ") || partyName(local) || recorder.name;
  }

  private number(value: number): string {
    return value.toLocaleString(this._hass?.locale.language);
  }

  // --- Lines ---

  private lineSection({ lines }: Shown, text: Localize): TemplateResult {
    return html`<section>
      ${this.heading("heading_lines", text)}
      <ul class="lines">
        ${repeat(
          lines,
          ({ line }) => line.id,
          (shownLine) => this.lineTile(shownLine, text),
        )}
      </ul>
    </section>`;
  }

  private lineTile({ line, status, recording }: ShownLine, text: Localize): TemplateResult {
    const state = status === "unknown" ? "" : text(STATUS_TEXT[status]);
    const canStart = line.start && (status === "idle" || status === "not-recorded");
    return html`<li class=${status}>
      <span class="disc">${icon(STATUS_ICON[status])}</span>
      <div class="names">
        <div class="primary"><span class="ellipsis" dir="auto" title=${line.name}>${line.name}</span></div>
        <div class="secondary">${state}</div>
      </div>
      ${status === "recording" || status === "paused" ? this.clock(recording?.started_at) : nothing}
      ${canStart
        ? html`<button
            class="filled recording"
            aria-label=${text("start_line", { line: line.name })}
            ?disabled=${this.busy.has(line.id)}
            @click=${() => this.start(line)}
          >
            ${text("start")}
          </button>`
        : nothing}
    </li>`;
  }

  // --- Finished recordings ---

  private recentSection(recent: ShownRecording[], text: Localize): TemplateResult {
    const { playing } = this;
    // Newer recordings do not take away what somebody is listening to.
    const rows = playing && !recent.some(isSame(playing)) ? [...recent, playing] : recent;
    return html`<section>
      ${this.heading("heading_recent", text)}
      ${rows.length
        ? html`<ul class="rows" tabindex="0" aria-label=${text("heading_recent")}>
            ${repeat(
              rows,
              ({ recording }) => recording.media_content_id,
              (row) => this.recentRow(row, text),
            )}
          </ul>`
        : html`<p class="empty">${text("no_recent")}</p>`}
    </section>`;
  }

  private recentRow(row: ShownRecording, text: Localize): TemplateResult {
    const { recorder, recording } = row;
    const { state, started_at: startedAt, duration } = recording;
    const call = this.callName(recorder, recording.lines, recording.local);
    const time = startedAt && this.feed ? startTime(this._hass!, startedAt, this.feed.now()) : "";
    const isPlaying = this.playing !== undefined && isSame(this.playing)(row);
    const trouble =
      state === "saving" ? text("saving") : state === "error" ? text("failed") : undefined;
    return html`<li>
      <div class="row">
        ${trouble
          ? html`<span class="disc">${icon(state === "error" ? "alert" : "idle")}</span>`
          : html`<button
              class="round main"
              aria-expanded=${isPlaying}
              aria-label=${isPlaying ? text("close_player") : text("play_recording", { call, time })}
              @click=${() => (this.playing = isPlaying ? undefined : row)}
            >
              ${icon(isPlaying ? "close" : "play")}
            </button>`}
        ${this.names(call, recording, trouble ?? time, text)}
        ${duration === null
          ? nothing
          : html`<span class="secondary duration" aria-label=${spokenDuration(this._hass!, duration)} role="img">
              ${clock(duration)}
            </span>`}
      </div>
      ${isPlaying
        ? html`<call-recorder-player .hass=${this._hass} .recording=${recording}></call-recorder-player>`
        : nothing}
    </li>`;
  }

  // --- Commands ---

  private start({ id, name, start }: Line): Promise<void> {
    return this.command(id, async (hass, text) => {
      // What is wished for may be so already: that is no refusal.
      const { result } = await callAction(hass, "start_recording", { ...start, ensure: true });
      const key = result === "pending" || result === "already_recording" ? result : "started";
      return text(key, { line: name });
    });
  }

  private steer(verb: "pause" | "resume" | "stop", recorder: Recorder, id: string): Promise<void> {
    this.stopping = undefined;
    return this.command(id, async (hass) => {
      await callAction(hass, `${verb}_recording`, {
        config_entry_id: recorder.entry_id,
        recording_id: id,
      });
      return undefined;
    });
  }

  /** Give one command at a time for a line or recording, and show what came of it. */
  private async command(
    id: string,
    run: (hass: HomeAssistant, text: Localize) => Promise<string | undefined>,
  ): Promise<void> {
    const hass = this._hass;
    if (!hass || this.busy.has(id)) return;
    this.busy = new Set([...this.busy, id]);
    this.notice = undefined;
    try {
      const sentence = await run(hass, localizeFor(hass.language));
      if (sentence) this.say(sentence);
    } catch (error) {
      this.notice = { text: (error as Error).message, isRefusal: true };
    } finally {
      this.busy = new Set([...this.busy].filter((other) => other !== id));
    }
  }

  /** Say for a while that something went well. A refusal stays until it is dismissed. */
  private say(sentence: string): void {
    const notice = { text: sentence, isRefusal: false };
    this.notice = notice;
    window.setTimeout(() => {
      if (this.notice === notice) this.notice = undefined;
    }, NOTICE_TIME);
  }

  static override styles = [styles.controls, styles.card];
}
