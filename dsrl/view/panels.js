"use strict";
// What is told of a step: values by their parts, the explanation, facts, objects.

const MOST_TERMS = 12;

const $ = (id) => document.getElementById(id);

function say(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

/** Runs what may fail; what went wrong stands above the page. */
async function attempt(work) {
  try {
    await work();
    say("error", "");
  } catch (error) {
    say("error", error.message);
  }
}

/** An element; of its properties `style` is CSS text and `on` a listener of clicks. */
function made(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "style") element.style.cssText = value;
    else if (key === "on") element.addEventListener("click", value);
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const signed = (x, digits) => (x < 0 ? "−" : "+") + Math.abs(x).toFixed(digits);

/** As many decimals as `dsrl inspect` prints. */
function digitsOf(values) {
  const largest = Math.max(...values.map(Math.abs));
  return largest >= 10 ? 2 : largest >= 0.1 ? 3 : 5;
}

/** A row an action: its value as a bar of what each cell adds. */
function showValues(box, entry, actions, against, choose, light) {
  if (entry.values.length < 2) {
    return box.replaceChildren(made("p", {}, "No values at this step."));
  }
  const digits = digitsOf(entry.values);
  const parts = actions.map((_, a) => entry.cells.map((cell) => cell.contributions[a]));
  const ends = parts.map((row) => [sum(row.filter((x) => x < 0)), sum(row.filter((x) => x > 0))]);
  const low = Math.min(0, ...ends.map((e) => e[0])), high = Math.max(0, ...ends.map((e) => e[1]));
  const span = high - low || 1;
  const focus = [...box.querySelectorAll("button")].indexOf(document.activeElement);
  box.replaceChildren(...actions.map((name, a) => {
    const taken = a === entry.action, at = [0, 0];
    const bar = made("div", { class: "bar", "aria-hidden": "true" });
    parts[a].forEach((x, i) => {
      if (!x) return;
      const side = x < 0 ? 0 : 1, from = at[side];
      at[side] += x;
      const left = (100 * (Math.min(from, at[side]) - low)) / span;
      bar.append(made("i", {
        class: `${x < 0 ? "minus" : "plus"}${entry.cells[i].cell === "curiosity" ? " noise" : ""}`,
        title: `${entry.cells[i].cell} ${signed(x, digits)}`,
        style: `left:${left}%;width:${(100 * Math.abs(x)) / span}%`,
      }, parts[a].length > 1 ? String(i + 1) : ""));
    });
    bar.append(made("b", { style: `left:${(-100 * low) / span}%` }));
    const button = made("button", {
      "aria-pressed": String(name === against), title: taken ? "taken" : `why not ${name}?`,
      on: () => choose(taken ? null : name),
    }, taken ? `✔ ${name}` : name);
    return made("div", { class: `value${taken ? " taken" : ""}` }, button, bar,
      made("span", { class: "number" }, signed(entry.values[a], digits)));
  }), termsTable(entry, actions, against, digits, light));
  if (focus >= 0) box.querySelectorAll("button")[focus]?.focus();
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** What each cell adds to the action taken and to the other, those that tell most first. */
function termsTable(entry, actions, against, digits, light) {
  const other = actions.indexOf(against), taken = entry.action;
  const rows = entry.cells.map((cell, i) => {
    const [one, two] = [cell.contributions[taken], other < 0 ? 0 : cell.contributions[other]];
    return [`${entry.cells.length > 1 ? `${i + 1} ` : ""}${cell.cell}`, one, two, one - two, cell.cell];
  });
  rows.sort((a, b) => Math.abs(b[3]) - Math.abs(a[3]));
  const rest = rows.splice(MOST_TERMS);
  if (rest.length) {
    rows.push([`${rest.length} more cells`, ...[1, 2, 3].map((k) => sum(rest.map((r) => r[k])))]);
  }
  const [one, two] = [entry.values[taken], other < 0 ? 0 : entry.values[other]];
  const head = ["part", actions[taken], ...(other < 0 ? [] : [against, `for ${actions[taken]}`])];
  const width = other < 0 ? 2 : 4;
  const line = (row) => row.slice(0, width).map((x) => made("td", {},
    typeof x !== "string" ? signed(x, digits) : row[4] ? lightButton(row[4], light, x) : x));
  return made("div", { class: "wide" }, made("table", {},
    made("thead", {}, made("tr", {}, ...head.map((text) => made("th", { scope: "col" }, text)))),
    made("tbody", {}, ...rows.map((row) => made("tr", {}, ...line(row))),
      made("tr", { class: "sum" }, ...line(["value", one, two, one - two])))));
}

/** What `dsrl explain` says, against the action asked about or the best other. */
function showStory(box, told, against) {
  if (!told.versus) return box.replaceChildren(made("p", {}, told.why));
  const [verdict, change] = told.versus[against || told.other];
  const parts = [made("p", {}, made("strong", {}, verdict)), made("p", {}, change),
    ...told.sentences.map((text) => made("p", {}, text))];
  if (told.doubt) parts.push(made("p", { class: "doubt" }, `careful: ${told.doubt}`));
  if (told.text) parts.push(made("pre", { tabindex: "0", "aria-label": "rules" }, told.text));
  box.replaceChildren(...parts);
}

/** Facts as buttons: which rule, which objects? */
function showFacts(box, facts, light) {
  if (!facts.length) return box.replaceChildren("none");
  box.replaceChildren(...facts.map((fact) => lightButton(fact, light)));
}

const lightButton = (text, light, shown = text) => made("button", { class: "atom", "data-atom": text,
  "aria-pressed": "false", title: "which rule, which objects?", on: () => light(text) }, shown);

/** A row a run: the evaluation that counts. */
function showEvaluations(table, rows) {
  const heads = ["run", "mean score ± sd", "games", "agent steps", "game", "method"];
  const cells = (row) => {
    const what = [row.game, row.method];
    if (!row.games) return [row.run, "none: dsrl evaluate RUN", "", "", ...what];
    const spread = row.sd === null ? "" : ` ± ${row.sd.toFixed(1)}`;
    return [row.run, row.mean.toFixed(1) + spread, row.games, row.agent_steps.toLocaleString("en"), ...what];
  };
  table.replaceChildren(
    made("thead", {}, made("tr", {}, ...heads.map((text) => made("th", { scope: "col" }, text)))),
    made("tbody", {}, ...rows.map((row) =>
      made("tr", {}, ...cells(row).map((cell) => made("td", {}, cell))))));
}

function showObjects(table, objects, me) {
  const heads = ["", "id", "kind", "y, x", "size", "moves (y, x)"];
  const whole = (x) => (x < 0 ? "−" : "+") + Math.abs(x);
  table.replaceChildren(
    made("thead", {}, made("tr", {}, ...heads.map((text) => made("th", { scope: "col" }, text)))),
    made("tbody", {}, ...objects.map((o) => {
      const tag = made("span", { class: "tag", style: `border-color:${kindColour(o.kind)}` },
        letter(o.kind));
      const cells = [tag, o.id + (o.id === me ? " (me)" : ""),
        o.name ? `${o.kind} ${o.name}` : o.kind, `${o.y}, ${o.x}`,
        `${o.height}×${o.width}`, `${whole(o.dy)}, ${whole(o.dx)}`];
      return made("tr", {}, ...cells.map((cell) => made("td", {}, cell)));
    })));
}
