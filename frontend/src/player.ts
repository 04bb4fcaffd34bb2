// Plays one recording: position, speed and skip, all of it by keyboard too.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { sentence } from "./actions.js";
import { clock, spokenDuration } from "./format.js";
import { icon } from "./icons.js";
import { controls } from "./styles.js";
import { localizeFor } from "./texts.js";
import type { ActionError, HomeAssistant, Recording } from "./types.js";

const SPEEDS = [1, 1.5, 2];
const SKIP = 10;
/** Seconds that the address works: longer than any pause in listening. */
const EXPIRES = 6 * 3600;

export class CallRecorderPlayer extends LitElement {
  @property({ attribute: false }) hass!: HomeAssistant;
  @property({ attribute: false }) recording!: Recording;

  @state() private url: string | undefined;
  @state() private error: string | undefined;
  @state() private speed = 1;
  @state() private playing = false;
  @state() private position = 0;
  /** What the file says, or else the recorder. */
  @state() private duration = 0;

  private get audio(): HTMLAudioElement | null {
    return this.renderRoot.querySelector("audio");
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.url) return;
    this.duration = this.recording.duration ?? 0;
    void this.resolve();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    queueMicrotask(() => this.stop());
  }

  /** Stop, unless the element was only moved to another place of the list. */
  private stop(): void {
    if (this.isConnected) return;
    // Otherwise the browser reads on.
    this.audio?.pause();
    this.audio?.removeAttribute("src");
    this.audio?.load();
    this.url = undefined;
  }

  /** Ask for the address only now: some recorders write down each one that listens. */
  private async resolve(): Promise<void> {
    try {
      const { url } = await this.hass.callWS<{ url: string }>({
        type: "media_source/resolve_media",
        media_content_id: this.recording.media_content_id,
        expires: EXPIRES,
      });
      if (this.isConnected) this.url = url;
    } catch (error) {
      this.error = await sentence(this.hass, error as ActionError);
    }
  }

  protected override render(): TemplateResult {
    const text = localizeFor(this.hass.language);
    if (this.error !== undefined) {
      return html`<p role="alert">${icon("alert")} ${this.error || text("cannot_play")}</p>`;
    }
    const position = text("position_text", {
      position: spokenDuration(this.hass, this.position),
      duration: spokenDuration(this.hass, this.duration),
    });
    return html`
      <div class="player" role="group" dir="ltr" aria-label=${text("player")}>
        ${this.url
          ? html`<audio
              src=${this.url}
              autoplay
              @play=${() => (this.playing = true)}
              @pause=${() => (this.playing = false)}
              @timeupdate=${this.readPosition}
              @durationchange=${this.readDuration}
              @error=${() => (this.error = "")}
            ></audio>`
          : nothing}
        <button
          class="round main"
          aria-label=${text(this.playing ? "pause" : "play")}
          ?disabled=${!this.url}
          @click=${this.toggle}
        >
          ${icon(this.playing ? "pause" : "play")}
        </button>
        <button class="text" aria-label=${text("back")} @click=${() => this.seek(this.position - SKIP)}>
          −${SKIP}
        </button>
        <span class="time" aria-hidden="true">${clock(this.position)}</span>
        <input
          type="range"
          min="0"
          max=${Math.max(1, Math.round(this.duration))}
          step="1"
          .value=${String(Math.round(this.position))}
          style=${`--played: ${this.duration ? (100 * this.position) / this.duration : 0}%`}
          aria-label=${text("position")}
          aria-valuetext=${position}
          @input=${(event: Event) => this.seek(Number((event.target as HTMLInputElement).value))}
        />
        <span class="time" aria-hidden="true">${clock(this.duration)}</span>
        <button class="text" aria-label=${text("forward")} @click=${() => this.seek(this.position + SKIP)}>
          +${SKIP}
        </button>
        <button class="text" aria-label=${text("speed", { speed: this.speed })} @click=${this.nextSpeed}>
          ${this.speed}×
        </button>
      </div>
    `;
  }

  private toggle(): void {
    const { audio } = this;
    if (audio?.paused) audio.play().catch(() => undefined);
    else audio?.pause();
  }

  private seek(position: number): void {
    const { audio } = this;
    if (!audio) return;
    audio.currentTime = Math.min(Math.max(0, position), this.duration || Infinity);
    this.position = audio.currentTime;
  }

  private nextSpeed(): void {
    this.speed = SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length]!;
    if (this.audio) this.audio.playbackRate = this.speed;
  }

  private readPosition(): void {
    this.position = this.audio?.currentTime ?? 0;
  }

  private readDuration(): void {
    const duration = this.audio?.duration;
    if (duration && Number.isFinite(duration)) this.duration = duration;
  }

  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      .player {
        display: flex;
        align-items: center;
        gap: 4px;
      }
      p {
        margin: 4px 0;
        color: var(--primary-text-color);
      }
      p .icon {
        color: var(--error-color);
      }
      .time {
        font-variant-numeric: tabular-nums;
        font-size: 0.85em;
        color: var(--secondary-text-color);
      }
      input {
        flex: 1;
        min-width: 48px;
        height: 40px;
        margin: 0;
        background: none;
        appearance: none;
        cursor: pointer;
      }
      input::-webkit-slider-runnable-track {
        height: 4px;
        border-radius: 2px;
        background: linear-gradient(
          to right,
          var(--primary-color) var(--played),
          var(--divider-color) var(--played)
        );
      }
      input::-webkit-slider-thumb {
        appearance: none;
        width: 14px;
        height: 14px;
        margin-top: -5px;
        border-radius: 50%;
        background: var(--primary-color);
      }
      input::-moz-range-track {
        height: 4px;
        border-radius: 2px;
        background: var(--divider-color);
      }
      input::-moz-range-progress {
        height: 4px;
        border-radius: 2px;
        background: var(--primary-color);
      }
      input::-moz-range-thumb {
        width: 14px;
        height: 14px;
        border: 0;
        background: var(--primary-color);
      }
      @container (max-width: 380px) {
        .player {
          flex-wrap: wrap;
        }
        input {
          order: 9;
          flex-basis: 100%;
          height: 28px;
        }
        .time ~ .time::before {
          content: "/ ";
        }
      }
    `,
  ];
}
