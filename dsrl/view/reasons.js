"use strict";
// Which rule derives a cell or a fact, and which objects make it true.

const MOST_WAYS = 4; // in which one atom is derived

/** The ids of all objects that an atom rests on, by the story of its step. */
function objectsOf(told, entry, text) {
  const found = new Set(), seen = new Set();
  const visit = (atom) => {
    if (seen.has(atom)) return;
    seen.add(atom);
    const given = entry.percepts.find((percept) => percept.fact === atom);
    for (const id of given ? given.objects : []) found.add(id);
    for (const way of told.because[atom] || []) {
      for (const premise of way.body) {
        for (const id of premise.objects) found.add(id);
        if (premise.role === "derived") visit(premise.text);
      }
    }
  };
  const atom = told.atoms[text] || text;
  visit(atom);
  if (!(atom in told.because) && /^(foresight|curiosity)/.test(text)) told.targets.forEach((id) => found.add(id));
  return found;
}

/** The rules behind a cell or a fact; `ask` (null in a file) makes it part of the question. */
function showReasons(box, told, entry, text, named, ask, close) {
  const atom = told.atoms[text] || text, ways = told.because[atom] || [];
  const head = made("p", {}, made("strong", {}, text), atom === text ? "" : ` by ${atom}`);
  const buttons = made("p", { class: "buttons" },
    ...(ask && isFact(entry, text) ? [made("button", { on: ask }, "add to the question")] : []),
    made("button", { on: () => $("scene").scrollIntoView({ block: "nearest" }) }, "to the frame"),
    made("button", { on: close, "aria-keyshortcuts": "Escape" }, "close"));
  const shown = ways.slice(0, MOST_WAYS).map((way) => oneWay(told, way, named));
  if (ways.length > MOST_WAYS) shown.push(made("p", {}, `and in ${ways.length - MOST_WAYS} more ways`));
  const lit = [...objectsOf(told, entry, text)].map(named);
  box.replaceChildren(head, ...(shown.length ? shown : [made("p", {}, whyNone(told, entry, text))]),
    made("p", { class: "hint" }, lit.length ? `lit in the frame: ${lit.join("; ")}`
      : "about no object in particular"), buttons);
  box.hidden = false;
}

const isFact = (entry, text) =>
  entry.facts.includes(text) || entry.percepts.some((percept) => percept.fact === text);

/** A rule as it is written, and what makes its body true; derived premises with their own rules. */
function oneWay(told, way, named, depth = 0) {
  const items = way.body.map((premise) => {
    const about = premise.objects.length ? `: ${premise.objects.map(named).join(", ")}` : "";
    const own = premise.role === "derived" && depth < 6 ? told.because[premise.text] || [] : [];
    return made("li", { class: premise.role }, made("code", {}, premise.text), about,
      ...own.slice(0, 1).map((each) => oneWay(told, each, named, depth + 1)));
  });
  return made("div", {}, made("code", {}, way.rule), made("span", { class: "hint" }, ` ${way.where}`),
    made("ul", {}, ...items));
}

function whyNone(told, entry, text) {
  if (entry.percepts.some((percept) => percept.fact === text)) {
    return "Given: seen in the frame, or learned; no rule derives it.";
  }
  if (told.targets.length) return "No rule: the worth of sending something out at what is lit.";
  return "No rule derives it: it was searched, or imagined, or an older version wrote this log.";
}

/** Darkens the frame but for the objects of these ids. */
function drawLit(canvas, objects, ids) {
  const lit = objects.filter((o) => ids.has(o.id)), context = canvas.getContext("2d");
  if (!lit.length) return;
  const boxes = lit.map((o) => [(o.x - (o.width - 1) / 2) * SCALE - 8,
    (o.y - (o.height - 1) / 2) * SCALE - 8, o.width * SCALE + 16, o.height * SCALE + 16]);
  const dark = made("canvas", { width: canvas.width, height: canvas.height });
  const over = dark.getContext("2d");
  over.fillStyle = "rgba(0,0,0,.6)";
  over.fillRect(0, 0, dark.width, dark.height);
  for (const box of boxes) over.clearRect(...box);
  context.drawImage(dark, 0, 0);
  for (const box of boxes) outlined(context, "#fff", () => context.rect(...box));
}
