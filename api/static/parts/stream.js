// Live data through one WebSocket, which comes back by itself.

import { key } from "./session.js";

const SHORTEST_MS = 500;
const LONGEST_MS = 15_000;

export class LiveStream {
  /** `heard(message)` gets what was subscribed and why something was not, `state` is told "live", "connecting" or "closed". */
  constructor(heard, state = () => {}) {
    this.heard = heard;
    this.state = state;
    this.wanted = [];
    this.wait = SHORTEST_MS;
    this.connect();
  }

  /** Ask for channels of symbols of one platform, now and after every reconnection. */
  subscribe(request) {
    this.wanted.push(request);
    this.ask({ action: "subscribe", ...request });
  }

  /** Ask for nothing more, and forget what was asked. */
  unsubscribeAll() {
    for (const request of this.wanted) this.ask({ action: "unsubscribe", ...request });
    this.wanted = [];
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    // A browser complains about a socket that is closed before it is open.
    if (this.socket.readyState === WebSocket.CONNECTING) this.socket.onopen = () => this.socket.close();
    else this.socket.close();
    this.state("closed");
  }

  connect() {
    this.ready = false;
    this.state("connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}/ws/stream`));
    socket.onopen = () => socket.send(JSON.stringify({ type: "auth", api_key: key() ?? "" }));
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = () => this.reconnect();
  }

  receive(message) {
    if (message.channel) this.heard(message);
    // A server that asks for no key takes the first message for a wrong command; it is open too.
    else if (!this.ready && (message.type === "authenticated" || message.type === "error")) {
      this.ready = true;
      this.wait = SHORTEST_MS;
      this.state("live");
      for (const request of this.wanted) this.ask({ action: "subscribe", ...request });
    } else if (message.type === "error") this.heard(message);
  }

  ask(command) {
    if (this.ready) this.socket.send(JSON.stringify(command));
  }

  reconnect() {
    if (this.closed) return;
    this.ready = false;
    this.state("connecting");
    this.timer = setTimeout(() => this.connect(), this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(LONGEST_MS, this.wait * 2);
  }
}
