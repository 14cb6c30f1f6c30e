"use strict";
// Rules that are typed: checked at each pause, tried on the step that is shown.

const PAUSE = 400; // milliseconds

class RuleBox {
  /** `place` tells where to ask of the step shown, or nothing where there is none. */
  constructor(place, actions) {
    Object.assign(this, { place, actions, turn: 0, asking: false, waiting: null });
    $("typed").addEventListener("input", () => this.soon());
  }

  /** Asks once nothing has been typed, and no other step shown, for a while. */
  soon() {
    this.turn++;
    clearTimeout(this.waiting);
    if (embedded) return;
    $("derived").replaceChildren();
    this.say($("typed").value.trim() ? "…" : "");
    if ($("typed").value.trim()) this.waiting = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const place = this.place(), turn = this.turn;
    if (!place) return;
    if (this.asking) { // one at a time; the last that was typed counts
      this.waiting = setTimeout(() => this.ask(), PAUSE);
      return;
    }
    this.asking = true;
    try {
      const body = JSON.stringify({ rules: $("typed").value });
      const told = await (await fetched(place, { method: "POST", body })).json();
      if (turn === this.turn) this.show(told);
    } catch (error) {
      if (turn === this.turn) this.say(error.message);
    } finally {
      this.asking = false;
    }
  }

  say(text, ...more) {
    $("verdict").replaceChildren(text, ...more);
    $("typed").setAttribute("aria-invalid", "false");
  }

  show(told) {
    if (told.error !== undefined) {
      const where = told.line ? ` in line ${told.line}, column ${told.column}` : "";
      this.say(`✗ cannot be used${where}: ${told.error} `, ...(told.line
        ? [made("button", { on: () => this.point(told) }, "to the line")] : []));
      return $("typed").setAttribute("aria-invalid", "true");
    }
    this.say("✓ can be used. In this step it derives:");
    const list = (name, atoms) => made("p", { class: "facts" }, `${name}: `,
      ...(atoms.length ? atoms.map((atom) => made("code", {}, atom)) : ["none"]));
    $("derived").replaceChildren(
      list("facts", told.facts), list("new cells", told.cells), list("advice", told.advice),
      ...(told.values ? [this.values(told.values), ...this.honest(told.values)] : []),
      ...[...told.warnings, ...told.notes].map((text) => made("p", { class: "hint" }, text)));
  }

  /** The cursor to where the mistake is. */
  point({ line, column }) {
    const before = $("typed").value.split("\n").slice(0, line - 1);
    const at = sum(before.map((each) => each.length + 1)) + column - 1;
    $("typed").focus();
    $("typed").setSelectionRange(at, at + 1);
  }

  values({ before, first, now }) {
    const digits = digitsOf([...before, ...first]);
    const row = (name, ...cells) => made("tr", {}, made("td", {}, name),
      ...cells.map((text) => made("td", {}, text)));
    const columns = [before, first, now];
    const told = (values, a) => signed(values[a], digits) +
      (values[a] === Math.max(...values) ? " ✔" : "");
    return made("div", { class: "wide" }, made("table", {},
      made("thead", {}, made("tr", {}, ...["value", "as it was", "with them, at first", "with them, now"]
        .map((text) => made("th", { scope: "col" }, text)))),
      made("tbody", {}, ...this.actions().map((name, a) => row(name, ...columns.map((c) => told(c, a)))))));
  }

  honest({ steps, share, unlearned }) {
    const texts = [`At first: as advice counts when learning begins. Now: after the ${steps} steps that this ` +
      `agent learned, of which advice keeps ${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %. ✔ is the best.`];
    if (unlearned) texts.push(`${unlearned} of the new cells have learned nothing: they add 0 until they do.`);
    texts.push("The rest of the values is that of an agent that learned without these rules.");
    return texts.map((text) => made("p", { class: "hint" }, text));
  }
}
