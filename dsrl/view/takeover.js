"use strict";
// The game under a person's hands: keys and buttons to actions, a step at a time, and back.

const ARROWS = { ArrowUp: "UP", ArrowDown: "DOWN", ArrowLeft: "LEFT", ArrowRight: "RIGHT", " ": "FIRE" };
const INSTEAD = { UP: "RIGHT", DOWN: "LEFT" }; // where a game moves along one axis alone

/** The action of a game that what is held comes nearest to. */
function actionOf(held, actions) {
  const either = (one, other) => (held.has(one) === held.has(other) ? "" : held.has(one) ? one : other);
  const [y, x] = [either("UP", "DOWN"), either("LEFT", "RIGHT")], fire = held.has("FIRE") ? "FIRE" : "";
  const moves = [...[y + x, y, x, x || !y ? "" : INSTEAD[y]].filter(Boolean), ""];
  const wanted = [...moves.map((move) => move + fire), ...(fire ? moves : [])];
  return wanted.find((name) => name && actions.includes(name)) ||
    (actions.includes("NOOP") ? "NOOP" : actions[0]);
}

class Hands {
  /** `page` begins (and says where), tells the run, shows a step and hears that it is over. */
  constructor(page) {
    Object.assign(this, { page, on: false, mine: true, session: null, held: new Set(), pad: null });
    document.addEventListener("keyup", (event) => this.held.delete(ARROWS[event.key]));
    window.addEventListener("blur", () => this.held.clear());
    window.addEventListener("pagehide", () => this.end());
    $("hand").addEventListener("click", () => this.hand());
    $("hands-end").addEventListener("click", () => this.end(true));
  }

  async start() {
    if (this.on) return;
    const place = this.page.begin(), turn = (this.turn = {});
    this.on = this.mine = true;
    this.held.clear();
    $("play").classList.add("taken");
    this.say("The game is played again up to this step…");
    let told;
    try {
      told = await (await fetched(place, { method: "POST" })).json();
    } catch (error) {
      if (this.turn === turn) this.end(true);
      throw error;
    }
    if (this.turn !== turn) return leaveSession(told.session); // left before it began
    this.session = told.session;
    this.pads();
    this.say(`You play on from step ${told.number}.`);
    await this.show(told);
    this.loop(turn);
  }

  /** A step, and the next one when its time has come. */
  async loop(turn) {
    const began = performance.now(), run = this.page.run();
    try {
      const action = this.mine ? this.pad || actionOf(this.held, run.actions) : null;
      const body = JSON.stringify({ action });
      const reply = await fetched(`api/takeover/${this.session}`, { method: "POST", body });
      const told = await reply.json();
      if (this.turn !== turn) return;
      await this.show(told);
      if (told.over) return this.say("The game is over. Esc leads back to the recorded one.");
    } catch (error) {
      if (this.turn === turn) this.say(error.message);
      return;
    }
    const rest = 1000 / run.steps_per_second - (performance.now() - began);
    setTimeout(() => this.turn === turn && this.loop(turn), Math.max(0, rest));
  }

  /** What the person is to act on; of the agent's steps what it acted on, with its boxes. */
  async show(told) {
    const [height, width] = this.page.run().screen;
    const packed = Uint8Array.from(atob(told.frame), (c) => c.charCodeAt(0));
    const canvas = made("canvas", { width, height }), context = canvas.getContext("2d");
    const frames = new Frames(await inflated(packed), height * width);
    context.putImageData(frames.at(0, context.createImageData(width, height)), 0, 0);
    const entry = this.mine ? null : told.entry;
    const me = entry && entry.percepts.find((p) => p.fact.startsWith("me("));
    this.page.show(entry, entry && this.frame ? this.frame : canvas, me ? me.objects[0] : null);
    this.frame = canvas;
    const did = told.entry ? `, ${told.entry.action_name}` : "";
    $("hands-score").textContent = `step ${told.number}${did}, score since ${told.score}` +
      (told.life_lost ? ", a life lost" : "");
  }

  /** Whether the key was for the hands. */
  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("textarea, input, select")) return false;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (ARROWS[key]) this.held.add(ARROWS[key]);
    else if (key === "h") this.hand();
    else if (key === "Escape") this.end(true);
    else return key.length === 1; // the page's own keys wait
    event.preventDefault();
    return true;
  }

  hand() {
    this.mine = !this.mine;
    $("hand").textContent = this.mine ? "hand back" : "take again";
    this.say(this.mine ? "You play." : "The agent plays on, learning nothing.");
  }

  pads() {
    $("hand").textContent = "hand back";
    $("pads").replaceChildren(...this.page.run().actions.map((name) => {
      const pad = made("button", { tabindex: "-1" }, name); // the keys are for the keyboard
      const hold = (on) => () => {
        this.pad = on ? name : null;
        pad.classList.toggle("held", on);
      };
      pad.addEventListener("pointerdown", hold(true));
      for (const end of ["pointerup", "pointercancel", "pointerleave"]) pad.addEventListener(end, hold(false));
      return pad;
    }));
  }

  say(text) {
    $("hands-said").textContent = text;
  }

  /** Ends it; `back` shows the recorded step again. */
  end(back) {
    if (!this.on) return;
    this.on = false;
    this.turn = this.frame = this.pad = null;
    $("play").classList.remove("taken");
    if (this.session) leaveSession(this.session);
    this.session = null;
    if (back) this.page.over();
  }
}

/** Says so even while the page goes. */
function leaveSession(session) {
  navigator.sendBeacon(`api/takeover/${session}/end`);
}
