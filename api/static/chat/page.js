// Ask the agent: a question, the statements that answer it, and the source of every number.

import { get, postEvents } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { startPage } from "../parts/own_page.js";
import { keepKey } from "../parts/session.js";
import { signIn } from "../parts/sign_in.js";
import { failure, loading } from "../parts/states.js";
import { pastPanel } from "./past.js";
import { whoAnswers } from "./provider.js";
import { questionForm } from "./question.js";
import { suggestions } from "./suggestions.js";
import { Turn } from "./turn.js";

const CHAT = "/api/v1/chat";
const KEPT = "/api/v1/conversations";

class ChatPage {
  constructor(main, signal) {
    this.signal = signal;
    this.thread = h("div.thread", { role: "log", "aria-live": "polite", "aria-label": "Answers", "aria-busy": "false" });
    this.form = questionForm((message) => this.ask(message), () => this.asking?.abort());
    this.past = pastPanel({
      open: (id) => this.open(id), begin: () => this.begin(), forgot: (id) => id === this.id && this.begin(), signal,
    });
    show(
      main,
      h("div.chat", {}, this.past.panel, h(
        "div.chat-main", {},
        h("div", {}, h("div.chat-head", {}, h("h1", {}, "Ask"), whoAnswers(signal)), this.thread),
        this.form.element,
      )),
    );
    const asked = new URLSearchParams(location.hash.slice(1)).get("conversation");
    if (asked) this.open(asked);
    else this.begin();
  }

  /** Begin another conversation. */
  begin() {
    this.take(null);
    show(this.thread, suggestions((text) => this.ask(text)));
    this.form.focus();
  }

  /** Show an earlier conversation. */
  async open(id) {
    this.take(id);
    show(this.thread, loading("Reading the conversation…"));
    try {
      const whole = await get(`${KEPT}/${encodeURIComponent(id)}`, {}, this.signal);
      if (this.id !== id) return;
      show(this.thread, whole.messages.map((one) => new Turn(one.message, this.signal).finished(one.answer).element));
      this.thread.lastElementChild?.scrollIntoView({ block: "end" });
    } catch (error) {
      if (error.name !== "AbortError") show(this.thread, failure(error, () => this.open(id)));
    }
    this.form.focus();
  }

  async ask(message) {
    if (this.asking) return;
    if (!this.id) show(this.thread);
    const turn = new Turn(message, this.signal);
    this.thread.append(turn.element);
    turn.element.scrollIntoView({ block: "nearest" });
    this.asking = new AbortController();
    this.signal.addEventListener("abort", () => this.asking?.abort(), { once: true });
    this.busy(true);
    try {
      await this.follow(turn, message, this.asking.signal);
    } catch (error) {
      turn.failed(error, () => {
        turn.element.remove();
        this.ask(message);
      });
    } finally {
      this.asking = null;
      this.busy(false);
    }
  }

  async follow(turn, message, signal) {
    const body = { message, stream: true };
    if (this.id) body.conversation_id = this.id;
    for await (const [name, data] of postEvents(CHAT, body, signal)) {
      if (name === "tool_call") turn.lookedUp(data.call);
      else if (name === "statement") turn.stated(data);
      else if (name === "error") throw new Error(data.detail);
      else if (name === "done") {
        turn.finished(data);
        this.take(data.conversation_id);
        this.past.refresh();
        return;
      }
      turn.element.scrollIntoView({ block: "nearest" });
    }
    throw new Error("The answer broke off.");
  }

  busy(now) {
    this.thread.setAttribute("aria-busy", String(now));
    this.form.busy(now);
  }

  /** Note which conversation goes on; the address names it, so that it is found again. */
  take(id) {
    this.id = id;
    history.replaceState(null, "", location.pathname + (id ? `#conversation=${encodeURIComponent(id)}` : ""));
    this.past.choose(id);
  }
}

startPage({
  ask: (main, message, done) => signIn(main, message, done, {
    hint: "Any key that may read; the agent tells what that key could read itself.",
    test: async (text) => {
      keepKey(text);
      await get(KEPT, { limit: 1 });
    },
  }),
  open: (main, signal) => new ChatPage(main, signal),
});
