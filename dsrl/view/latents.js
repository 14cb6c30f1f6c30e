"use strict";
// Sliders of an encoder's latents, and what is drawn of them while they move.

const STEPS = 200; // of a slider, from end to end
let sought = 0, runs = [], sliders = [], read = [], noise = [], turn = 0, drawing = false, wanted = false;
const at = { run: 0, number: 0 };

const current = () => runs[at.run];
const place = () => `api/encoders/${at.run}`;

function shown(name, png) {
  const known = $("pictures").querySelector(`img[alt="${name}"]`);
  const address = `data:image/png;base64,${png}`;
  if (known) { known.src = address; known.parentElement.hidden = false; return; }
  $("pictures").append(made("figure", {}, made("img", { alt: name, src: address }),
    made("figcaption", {}, name)));
}

function tell() {
  sliders.forEach(({ input, output, latent }) => {
    const value = Number(input.value), digits = latent.high - latent.low < 100 ? 2 : 0;
    output.textContent = value.toFixed(digits);
  });
  $("noise-told").textContent = Number($("noise").value).toFixed(2);
}

/** Draws what the sliders say; while one picture is on its way the next waits for it. */
async function draw() {
  tell();
  wanted = true;
  if (drawing) return;
  drawing = true;
  try {
    while (wanted) {
      wanted = false;
      const share = Number($("noise").value), asked = `${at.run} ${at.number}`;
      const latents = Array(sliders.length);
      sliders.forEach(({ input, latent, index }) => {
        latents[index] = Number(input.value) + share * noise[index] * (latent.high - latent.low);
      });
      const body = JSON.stringify({ latents });
      const address = `${place()}/samples/${at.number}/drawn/${turn}`;
      const told = await (await fetched(address, { method: "POST", body })).json();
      if (asked !== `${at.run} ${at.number}`) continue;
      for (const figure of $("pictures").querySelectorAll("figure:not(:first-child)")) figure.hidden = true;
      for (const [name, png] of Object.entries(told)) shown(name, png);
    }
  } finally { drawing = false; }
}

/** A number from the normal distribution (Box and Muller). */
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const shake = () => { noise = current().latents.map(({ still }) => (still ? 0 : normal())); };

function set(values) {
  sliders.forEach(({ input, index }) => { input.value = values[index]; });
  return draw();
}

async function open(number) {
  const count = current().samples, run = at.run;
  const next = sought = ((number % count) + count) % count;
  const told = await fresh(`${place()}/samples/${next}`);
  if (run !== at.run || next !== sought) return;
  $("number").value = at.number = next;
  read = told.read;
  shown("picture", told.picture);
  try { history.replaceState(null, "", `#${at.run}/${at.number}`); } catch { /* a file */ }
  await set(read);
}

async function openRun(number, sample = 0) {
  at.run = number;
  at.number = 0;
  const run = current();
  $("run").value = number;
  $("protocol").textContent = run.on ? `trained on ${run.on}` : "";
  $("number").max = run.samples - 1;
  $("order-hint").textContent = run.latents.some((latent) => latent.told)
    ? "Those that tell most of a picture first, in deviations of the prior."
    : "The simulator's parameters, as they are read.";
  $("pictures").replaceChildren();
  sliders = run.order.map((index) => {
    const latent = run.latents[index], output = made("output");
    const input = made("input", { type: "range", min: latent.low, max: latent.high,
      step: (latent.high - latent.low) / STEPS, "aria-label": latent.name });
    input.addEventListener("input", () => attempt(draw));
    return { input, output, latent, index };
  });
  $("latents").replaceChildren(...sliders.map(({ input, output, latent }) => made("label",
    { class: "latent" }, made("span", {}, latent.name), input, output,
    made("span", { class: "hint" }, latent.told))));
  shake();
  await open(sample);
}

async function begin() {
  runs = (await fresh("api/encoders")).runs;
  $("run").replaceChildren(...runs.map((run, i) => made("option", { value: i }, run.name)));
  const on = (id, event, act) => $(id).addEventListener(event, () => attempt(act));
  on("run", "change", () => openRun(Number($("run").value)));
  on("number", "change", () => open(Math.trunc(Number($("number").value)) || 0));
  on("next", "click", () => open(at.number + 1));
  on("undo", "click", () => { $("noise").value = 0; return set(read); });
  on("noise", "input", draw);
  on("again", "click", () => { turn += 1; shake(); return draw(); });
  const [run, sample] = location.hash.slice(1).split("/").map(Number);
  await openRun(runs[run] ? run : 0, sample || 0);
}

attempt(begin);
