"use strict";
// The frame with what was seen on it, the timeline, the curves.

const KINDS = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#ffffff", "#0072b2"];
const SCALE = 4;
const CROWD = 3; // of a kind: of more the name alone is shown, numbers would run into each other

const kindColour = (kind) => KINDS[kind % KINDS.length];
const letter = (kind) => String.fromCharCode(65 + (kind % 26));
const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A canvas as large as it is shown, in pixels of the device; its context is in CSS pixels. */
function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  canvas.width = Math.max(1, Math.round(box.width * ratio));
  canvas.height = Math.max(1, Math.round(box.height * ratio));
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return [context, box.width, box.height];
}

/** The frame (a canvas, or null where none was kept), and boxes round the objects. */
function drawScene(canvas, [height, width], frame, objects, me) {
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  if (frame) context.drawImage(frame, 0, 0, canvas.width, canvas.height);
  for (const o of objects) {
    const left = (o.x - (o.width - 1) / 2) * SCALE, top = (o.y - (o.height - 1) / 2) * SCALE;
    const [w, h] = [o.width * SCALE, o.height * SCALE], colour = kindColour(o.kind);
    if (!frame) { context.fillStyle = colour; context.globalAlpha = 0.5;
      context.fillRect(left, top, w, h); context.globalAlpha = 1; }
    outlined(context, colour, () => context.rect(left - 2, top - 2, w + 4, h + 4));
    if (o.dy || o.dx) {
      const [y, x] = [(o.y + 0.5) * SCALE, (o.x + 0.5) * SCALE];
      outlined(context, colour, () => {
        context.moveTo(x, y);
        context.lineTo(x + o.dx * SCALE, y + o.dy * SCALE);
      });
    }
  }
  drawLabels(context, objects, me);
}

/** Of what stands alone before those of a crowd, and none over another. */
function drawLabels(context, objects, me) {
  const many = new Map(), taken = [];
  for (const o of objects) many.set(o.kind, (many.get(o.kind) || 0) + 1);
  const rank = (o) => (o.id === me ? 0 : many.get(o.kind));
  for (const o of [...objects].sort((a, b) => rank(a) - rank(b))) {
    const left = (o.x - (o.width - 1) / 2) * SCALE, top = (o.y - (o.height - 1) / 2) * SCALE;
    const crowd = many.get(o.kind) > CROWD;
    const called = o.name && crowd ? o.name : `${o.name || letter(o.kind)} ${o.id}`;
    label(context, called + (o.id === me ? " me" : ""), left, top - 6, kindColour(o.kind), taken);
  }
}

function outlined(context, colour, path) {
  for (const [style, width] of [["#000", 5], [colour, 2.5]]) {
    context.beginPath();
    path();
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

function label(context, text, left, bottom, colour, taken = []) {
  context.font = "bold 17px system-ui, sans-serif";
  const width = context.measureText(text).width;
  const x = Math.max(0, Math.min(left - 2, context.canvas.width - width - 6));
  const y = bottom < 20 ? bottom + 40 : bottom;
  const clear = taken.every(([a, b, to]) => x > to || x + width + 6 < a || Math.abs(y - b) > 20);
  if (!clear) return;
  taken.push([x, y, x + width + 6]);
  context.fillStyle = "rgba(0,0,0,.75)";
  context.fillRect(x, y - 16, width + 6, 20);
  context.fillStyle = colour;
  context.fillText(text, x + 3, y);
}

const LANES = [["S", "surprises"], ["C", "plans"], ["T", "ties"]]; // by the key that leads there

const across = (timeline, width, i) =>
  14 + (width - 22) * (timeline.steps > 1 ? i / (timeline.steps - 1) : 0);

/** Where the step is, over the marks, which are drawn once: there are thousands. */
function drawTimeline(canvas, timeline, step, found) {
  const key = [window.innerWidth, window.devicePixelRatio, timeline.id, timeline.steps, found.join(), shade("--ink")].join();
  if (canvas.marks?.key !== key) {
    const [context, width] = fitted(canvas);
    drawMarks(context, width, timeline, found);
    canvas.marks = made("canvas", { width: canvas.width, height: canvas.height });
    canvas.marks.getContext("2d").drawImage(canvas, 0, 0);
    Object.assign(canvas.marks, { key, across: width });
  }
  const context = canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(canvas.marks, 0, 0);
  context.fillStyle = shade("--ink");
  context.fillRect(ratio * (across(timeline, canvas.marks.across, step) - 1), 0, 2 * ratio, canvas.height);
}

/** What was won (up) and lost (down, lives crossed), where else to look, and what was found. */
function drawMarks(context, width, timeline, found) {
  const at = (i) => across(timeline, width, i), middle = 16;
  const [gain, loss, dim, ink] = ["--gain", "--loss", "--dim", "--ink"].map(shade);
  context.strokeStyle = shade("--line");
  context.beginPath();
  for (const y of [middle, ...LANES.map((_, k) => 40 + 9 * k)]) {
    context.moveTo(14, y);
    context.lineTo(width - 8, y);
  }
  context.stroke();
  for (const [i, reward] of timeline.rewards) {
    context.fillStyle = reward > 0 ? gain : loss;
    context.beginPath();
    context.moveTo(at(i), middle + (reward > 0 ? -14 : 14));
    context.lineTo(at(i) - 4, middle);
    context.lineTo(at(i) + 4, middle);
    context.fill();
  }
  context.strokeStyle = loss;
  context.lineWidth = 2;
  context.beginPath();
  for (const i of timeline.lost) {
    for (const side of [-4, 4]) {
      context.moveTo(at(i) - side, middle + 6);
      context.lineTo(at(i) + side, middle + 14);
    }
  }
  context.stroke();
  context.font = "9px system-ui, sans-serif";
  LANES.forEach(([key, name], k) => {
    context.fillStyle = dim;
    context.fillText(key, 3, 43 + 9 * k);
    context.fillStyle = ink;
    for (const i of timeline[name]) context.fillRect(at(i) - 0.5, 37 + 9 * k, 1.5, 7);
  });
  context.fillStyle = shade("--mark");
  for (const i of found) context.fillRect(at(i) - 1.5, 63, 3, 5);
}

/** Returns by agent steps: thin points are episodes, lines the mean of the last ones. */
function drawCurves(canvas, legend, runs) {
  const [context, width, height] = fitted(canvas);
  const all = runs.filter((run) => run.curve.returns.length);
  legend.replaceChildren();
  context.fillStyle = shade("--dim");
  context.font = "12px system-ui, sans-serif";
  if (!all.length) return context.fillText("no episode of training is finished yet", 8, 24);
  const most = Math.max(...all.flatMap((run) => run.curve.agent_steps));
  const returns = all.flatMap((run) => run.curve.returns);
  const low = Math.min(...returns), high = Math.max(...returns, low + 1);
  const [left, bottom] = [52, height - 34];
  const x = (steps) => left + ((width - left - 14) * steps) / most;
  const y = (value) => bottom - ((bottom - 12) * (value - low)) / (high - low);
  context.strokeStyle = shade("--line");
  for (let i = 0; i <= 4; i++) {
    const [value, steps] = [low + ((high - low) * i) / 4, (most * i) / 4];
    context.beginPath();
    context.moveTo(left, y(value));
    context.lineTo(width - 14, y(value));
    context.stroke();
    context.textAlign = "right";
    context.fillText(Number(value.toPrecision(3)), left - 6, y(value) + 4);
    context.textAlign = i === 4 ? "right" : "center";
    context.fillText(Math.round(steps).toLocaleString("en"), x(steps), bottom + 16);
  }
  context.textAlign = "right";
  context.fillText("agent steps", width - 14, height - 4);
  all.forEach((run, i) => {
    const lines = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
    const [colour, dash] = [lines[i % 6], [[], [7, 4], [2, 3], [9, 3, 2, 3]][i % 4]];
    context.fillStyle = context.strokeStyle = colour;
    const { agent_steps: steps, returns: got, mean, window } = run.curve;
    steps.forEach((s, k) => context.fillRect(x(s) - 1.5, y(got[k]) - 1.5, 3, 3));
    context.setLineDash(dash);
    context.lineWidth = 2;
    context.beginPath();
    steps.forEach((s, k) => context.lineTo(x(s), y(mean[k])));
    context.stroke();
    context.setLineDash([]);
    context.lineWidth = 1;
    const swatch = ["━━━", "╍╍╍", "┅┅┅", "━╍━"][i % 4];
    legend.append(made("span", { style: `color:${colour}` }, swatch),
      made("span", {}, `${run.name}: ${got.length} episodes, mean of the last ${window}: ` +
        `${mean[mean.length - 1]}`));
  });
}
