"use strict";
// Which run, game and step is looked at, and how one moves among them.

const at = { run: 0, game: "", step: 0, against: null };
let runs = [], timeline = null, eyes = null, found = [], asked = 0, playing = null;

const current = () => runs[at.run];
const place = () => `api/runs/${at.run}/games/${encodeURIComponent(at.game)}`;
const found_here = () => found.filter((f) => f.run === at.run && f.game === at.game);

function options(select, items, chosen) {
  select.replaceChildren(...items.map(([value, text]) => made("option", { value }, text)));
  select.value = chosen;
}

async function openRun(number, game, step = 0) {
  at.run = number;
  const run = current();
  $("run").value = number;
  $("protocol").textContent = run.protocol;
  say("note", embedded ? "" : run.note);
  options($("game"), run.games.map((g) => [g.id, g.label]), "");
  drawCurves($("curves"), $("legend"), runs);
  const first = run.games.find((g) => g.id === game) || run.games.find((g) => g.frames) || run.games[0];
  if (first) return openGame(first.id, step);
  leave("");
  $("what").textContent = "No game was recorded, and none is logged.";
}

/** Until the next game is here no step is shown, and none that was asked for in the last one. */
function leave(game) {
  hands.end();
  at.game = game;
  timeline = eyes = null;
  $("what").textContent = "…";
  Object.assign(looking, BLIND);
  return ++asked;
}

async function openGame(game, step = 0) {
  const turn = leave(game), run = at.run;
  $("game").value = game;
  const told = await fresh(place());
  if (turn !== asked) return;
  timeline = told;
  $("take").hidden = embedded || !told.frames;
  $("step").max = $("number").max = told.steps - 1;
  await go(Math.min(step, told.steps - 1));
  const seen = told.frames ? await answer(`api/runs/${run}/eyes`).catch(() => null) : null;
  const opened = seen && seen.sprites.length ? await Eyes.of(seen) : null;
  if (timeline !== told) return;
  eyes = opened;
  $("eyes").hidden = !eyes;
  if (!eyes) return;
  $("dictionary").replaceChildren(...eyes.dictionary());
  if ($("eyes").open && !hands.on) await go(at.step);
}

/** Shows a step: the picture at once, what `explain` says when one rests there. */
async function go(step) {
  if (!timeline) return;
  hands.end();
  at.step = Math.max(0, Math.min(step, timeline.steps - 1));
  at.against = null;
  const turn = ++asked, run = current();
  $("step").value = $("number").value = at.step;
  drawTimeline($("timeline"), timeline, at.step, found_here().map((f) => f.index));
  const number = Math.floor(at.step / run.block), index = at.step % run.block;
  const [entries, frame] = await Promise.all([
    answer(`${place()}/steps/${number}`), timeline.frames ? frameOf(run, number, index) : null,
  ]);
  if (turn !== asked) return;
  const entry = entries[index];
  const me = entry.percepts.find((p) => p.fact.startsWith("me("));
  const shown = { run, entry, frame, me: me ? me.objects[0] : null, turn };
  showStep(shown);
  $("story").replaceChildren(made("p", { class: "hint" }, playing ? "(playing)" : "…"));
  $("imagined").replaceChildren();
  $("because").hidden = true;
  if (index > run.block - 20 && at.step + 20 < timeline.steps) ahead(run, number + 1);
  if (eyes && $("eyes").open) await showEyes(shown, number, index, turn);
  box.soon();
  if (!playing) setTimeout(() => attempt(() => explain(shown)), 120);
}

function ahead(run, number) {
  answer(`${place()}/steps/${number}`);
  if (timeline.frames) framesOf(place(), number, run.screen[0] * run.screen[1]);
}

async function frameOf(run, number, index) {
  const [height, width] = run.screen;
  const frames = await framesOf(place(), number, height * width);
  const canvas = made("canvas", { width, height });
  const context = canvas.getContext("2d");
  context.putImageData(frames.at(index, context.createImageData(width, height)), 0, 0);
  return canvas;
}

function showStep(shown) {
  const { run, entry } = shown;
  paintScene(shown);
  const events = [];
  if (entry.reward) events.push(`reward ${signed(entry.reward, 0)}`);
  if (entry.life_lost) events.push("life lost");
  if (entry.last) events.push("end of the game");
  const reason = entry.reason ? ` (${entry.reason})` : "";
  $("what").textContent = `Step ${entry.episode_step}: ${entry.action_name}${reason}` +
    (events.length ? `, ${events.join(", ")}` : "");
  const light = (text) => attempt(() => lightUp(shown, text));
  const choose = (name) => {
    at.against = name;
    showValues($("values"), entry, run.actions, name, choose, light);
    attempt(() => explain(shown));
  };
  showValues($("values"), entry, run.actions, null, choose, light);
  showFacts($("facts"), entry.facts, light);
  showFacts($("percepts"), entry.percepts.map((p) => p.fact), light);
  showObjects($("objects"), entry.objects, shown.me);
}

/** The rule of a cell or a fact, and its objects in the frame; once more, and they go. */
async function lightUp(shown, text) {
  const { run, entry, turn } = shown, closing = !text || shown.text === text;
  const told = closing ? null : await storyOf(place(), at.step, run.block);
  if (turn !== asked) return;
  Object.assign(shown, { text: closing ? null : text, lit: null });
  for (const button of document.querySelectorAll("[data-atom]")) {
    button.setAttribute("aria-pressed", String(button.dataset.atom === shown.text));
  }
  $("because").hidden = closing;
  if (told && told.because) {
    shown.lit = objectsOf(told, entry, text);
    showReasons($("because"), told, entry, text, namedIn(entry), embedded ? null : () => add(text),
      () => attempt(() => lightUp(shown, null)));
  } else if (told) $("because").replaceChildren(made("p", {}, told.why));
  paint(shown);
}

/** One more condition of the question. */
function add(fact) {
  const before = $("question").value.trim();
  $("question").value = before ? `${before}, ${fact}` : fact;
  $("question").focus();
}

/** What an object of the step is called, by its id. */
const namedIn = (entry) => (id) => {
  const o = entry.objects.find((each) => each.id === id);
  return o ? `${o.name || letter(o.kind)} ${id} at ${o.y}, ${o.x}` : `object ${id}`;
};

/** The frame, what was seen on it, and what is imagined of it once that is known. */
function paintScene({ run, entry, frame, me, ghosts, other, lit }) {
  drawScene($("scene"), run.screen, frame, $("boxes").checked || !frame ? entry.objects : [], me);
  if (ghosts && ghosts.tracks) drawGhosts($("scene"), ghosts, entry.action_name, other, me);
  if (lit) drawLit($("scene"), entry.objects, lit);
}

async function explain(shown) {
  const { run, entry, turn } = shown;
  if (turn !== asked) return;
  try { history.replaceState(null, "", `#${at.run}/${at.game}/${at.step}`); } catch { /* a file */ }
  const told = await storyOf(place(), at.step, run.block);
  if (turn !== asked) return;
  showStory($("story"), told, at.against);
  if (!told.versus) return;
  const other = at.against || told.other;
  const seen = $("ghosts").checked
    ? await ghostsOf(place(), at.step, run.block, other, run.imagines) : { note: "" };
  if (turn !== asked || other !== (at.against || told.other)) return;
  Object.assign(shown, { ghosts: seen, other });
  showGhosts($("imagined"), seen, entry.action_name, other);
  paint(shown);
}

/** The scene again: with the eyes over it where they are open. */
const paint = (shown) => (eyes && $("eyes").open ? looking.paint() : paintScene(shown));

async function showEyes(shown, number, index, turn) {
  const cells = (await answer(`${place()}/latents/${number}`))[index];
  if (turn !== asked) return;
  eyes.changed = null;
  options($("cell"), cells.map((cell, i) => [i, Eyes.name(cell)]), 0);
  const paint = () => {
    const chosen = Number($("cell").value);
    paintScene(shown);
    eyes.overlay($("scene"), cells, chosen, { presence: $("presence").checked,
      types: $("types").checked, offsets: $("offsets").checked });
    eyes.draw($("drawn"), cells, chosen);
  };
  const choose = () => {
    eyes.changed = null;
    if (cells.length) sliders.set(eyes, cells[Number($("cell").value)]);
    paint();
  };
  const move = ([there, type, down, along]) => {
    const [layer, row, column] = cells[Number($("cell").value)];
    eyes.changed = [layer, row, column, there, [[type, 1]], [down, along], 0];
    paint();
  };
  const point = (event) => { // the surest of the cells that are nearest
    const box = $("scene").getBoundingClientRect(), [height, width] = shown.run.screen;
    const row = ((event.clientY - box.top) / box.height) * (height / eyes.cell) - 0.5;
    const column = ((event.clientX - box.left) / box.width) * (width / eyes.cell) - 0.5;
    const far = cells.map((cell) => Math.hypot(cell[1] - row, cell[2] - column));
    if (!cells.length || !$("eyes").open) return;
    $("cell").value = far.indexOf(Math.min(...far));
    choose();
  };
  Object.assign(looking, { paint, choose, move, point });
  choose();
}

const BLIND = { paint() {}, choose() {}, move() {}, point() {} };
const looking = { ...BLIND };
const box = new RuleBox(() => timeline && !playing && `${place()}/rules/${at.step}`,
  () => current().actions);
const hands = new Hands({
  begin() {
    if (playing) play(false);
    asked++; // what was asked for of the step comes too late
    $("what").textContent = `Taken over at step ${timeline.first + at.step}`;
    return `${place()}/takeover/${at.step}`;
  },
  run: current,
  show(entry, frame, me) {
    const { screen, actions } = current();
    drawScene($("scene"), screen, frame, $("boxes").checked && entry ? entry.objects : [], me);
    if (entry) showValues($("values"), entry, actions, null, () => {}, () => {});
  },
  over: () => attempt(() => go(at.step)),
});
const sliders = new Sliders((values) => looking.move(values));

/** To the next (or the last) of these steps from here. */
function leap(steps, back) {
  const sorted = [...steps].sort((a, b) => a - b);
  const to = back ? sorted.reverse().find((s) => s < at.step) : sorted.find((s) => s > at.step);
  if (to !== undefined) attempt(() => go(to));
}

const lossSteps = () => timeline.rewards.filter(([, r]) => r < 0).map(([i]) => i).concat(timeline.lost);
const gainSteps = () => timeline.rewards.filter(([, r]) => r > 0).map(([i]) => i);

function play(on) {
  clearInterval(playing);
  playing = on ? setInterval(() => {
    if (!timeline || at.step + 1 >= timeline.steps) return play(false);
    attempt(() => go(at.step + 1));
  }, 1000 / current().steps_per_second) : null;
  $("run-on").textContent = on ? "pause" : "play";
  if (!on) attempt(() => go(at.step));
}

const KEYS = {
  ArrowLeft: (fast) => attempt(() => go(at.step - (fast ? 10 : 1))),
  ArrowRight: (fast) => attempt(() => go(at.step + (fast ? 10 : 1))),
  Home: () => attempt(() => go(0)),
  End: () => attempt(() => go(timeline.steps - 1)),
  " ": () => play(!playing),
  l: (back) => leap(lossSteps(), back),
  r: (back) => leap(gainSteps(), back),
  s: (back) => leap(timeline.surprises, back),
  c: (back) => leap(timeline.plans, back),
  t: (back) => leap(timeline.ties, back),
  g: () => $("ghosts").click(),
  p: () => timeline.frames && !embedded && attempt(() => hands.start()),
  Escape: () => $("because").hidden || $("because").querySelector("[aria-keyshortcuts]").click(),
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (hands.on && hands.press(event)) return;
  if (event.ctrlKey || event.altKey || event.metaKey || !timeline) return;
  const own = target.matches("select, textarea, pre, input:not(#step):not([type=checkbox])");
  if (own || (key === " " && target.matches("button, summary, input[type=checkbox]"))) return;
  const act = KEYS[key.length === 1 ? key.toLowerCase() : key];
  if (!act) return;
  event.preventDefault();
  act(event.shiftKey);
});

const gameOf = (step) => runs[step.run].games.find((g) => g.id === step.game);

/** Lets the logs be read while a question is typed; what is wrong with them, the question tells. */
$("question").addEventListener("focus", () => {
  if (!embedded) fetch("api/search/ready").catch(() => {});
});

async function search() {
  $("answer").textContent = "looking…";
  const question = JSON.stringify({ question: $("question").value });
  try {
    const told = await (await fetched("api/search", { method: "POST", body: question })).json();
    found = told.found;
    if (!found.every(gameOf)) await refresh(); // one was recorded since
    const first = told.count > found.length ? `, the first ${found.length} shown` : "";
    $("answer").textContent = told.games
      ? `${told.count} of ${told.steps} steps of ${told.games} games${first}`
      : current().note;
  } catch (error) {
    found = [];
    $("answer").textContent = error.message;
  }
  $("found").replaceChildren(...found.map((f) => {
    const game = gameOf(f);
    const name = runs.length > 1 ? `${runs[f.run].name}, ` : "";
    return made("button", { title: game.label, on: () => attempt(async () => {
      if (f.run !== at.run) return openRun(f.run, f.game, f.index);
      return f.game === at.game ? go(f.index) : openGame(f.game, f.index);
    }) }, `${name}${game.id.replace(/^step-0*(\d+)-/, "$1, ")}: ${f.index}`);
  }));
  if (timeline) drawTimeline($("timeline"), timeline, at.step, found_here().map((f) => f.index));
}

/** Of a run under way: how far it has come. */
async function refresh() {
  const before = JSON.stringify(current().games);
  runs = (await fresh("api/runs")).runs;
  drawCurves($("curves"), $("legend"), runs);
  if (JSON.stringify(current().games) !== before) {
    options($("game"), current().games.map((g) => [g.id, g.label]), at.game);
    say("note", current().note);
  }
  if (!at.game) return current().games.length ? openRun(at.run) : undefined;
  const grows = timeline;
  if (!grows || grows.ended) return undefined;
  kept.delete(`${place()}/steps/${Math.floor((grows.steps - 1) / current().block)}`);
  const told = await fresh(place());
  if (timeline !== grows) return undefined;
  Object.assign(timeline, told);
  $("step").max = $("number").max = timeline.steps - 1;
  drawTimeline($("timeline"), timeline, at.step, found_here().map((f) => f.index));
  return undefined;
}

function listen() {
  const on = (id, event, act) => $(id).addEventListener(event, act);
  on("run", "change", () => attempt(() => openRun(Number($("run").value))));
  on("game", "change", () => attempt(() => openGame($("game").value)));
  on("step", "input", () => attempt(() => go(Number($("step").value))));
  on("number", "change", () => attempt(() => go(Number($("number").value))));
  on("back", "click", () => KEYS.ArrowLeft(false));
  on("on", "click", () => KEYS.ArrowRight(false));
  on("run-on", "click", () => timeline && play(!playing));
  for (const [id, key] of Object.entries({ loss: "l", gain: "r", surprise: "s", plan: "c", tie: "t",
    take: "p" })) {
    on(id, "click", (event) => timeline && KEYS[key](event.shiftKey));
  }
  for (const id of ["boxes", "ghosts"]) on(id, "change", () => attempt(() => go(at.step)));
  on("eyes", "toggle", () => {
    const open = $("eyes").open;
    $("drawn-figure").hidden = !open;
    document.querySelector(".pictures").classList.toggle("paired", open);
    attempt(() => go(at.step));
  });
  for (const id of ["presence", "types", "offsets"]) on(id, "change", () => looking.paint());
  on("cell", "change", () => looking.choose());
  on("scene", "click", (event) => looking.point(event));
  on("undo", "click", () => looking.choose());
  on("ask", "submit", (event) => { event.preventDefault(); search(); });
  window.addEventListener("resize", () => {
    drawCurves($("curves"), $("legend"), runs);
    if (timeline) drawTimeline($("timeline"), timeline, at.step, found_here().map((f) => f.index));
  });
}

attempt(async () => {
  runs = (await fresh("api/runs")).runs;
  options($("run"), runs.map((run, i) => [i, run.name]), 0);
  listen();
  $("search").hidden = $("rules").hidden = Boolean(embedded);
  const [run, game, step] = location.hash.slice(1).split("/");
  await openRun(runs[Number(run)] ? Number(run) : 0, game, Number(step) || 0);
  showEvaluations($("evaluations"), await fresh("api/evaluations"));
  if (!embedded) {
    setInterval(() => document.hidden || refresh().catch((e) => say("error", e.message)), 10000);
  }
});
