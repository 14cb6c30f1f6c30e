"use strict";
// What is imagined to come, drawn into the frame: solid of the action taken, dashed of another.

const EACH = 3; // steps from one outline to the next

/** The ghosts of a step and of another action in it: { common, tracks, parts, told, note }. */
async function ghostsOf(game, step, block, other, imagines) {
  if (!imagines) return (await storyOf(game, step, block)).ghosts || { note: "" };
  if (embedded) return { note: "what the model imagines is not in this file: dsrl view searches it" };
  return answer(`${game}/futures/${step}/${encodeURIComponent(other)}`);
}

/** Draws both futures; `me` is the id of the controlled object, whose steps are numbered. */
function drawGhosts(canvas, ghosts, taken, other, me) {
  const context = canvas.getContext("2d"), part = ghosts.parts[other];
  for (const track of ghosts.common) drawTrack(context, track, false, 1, true);
  for (const track of ghosts.tracks[other] || []) drawTrack(context, track, true, part || Infinity);
  for (const track of ghosts.tracks[taken] || []) {
    drawTrack(context, track, false, 1, track.id === me && !ghosts.common.length);
  }
  const at = part && whereApart(ghosts, taken, other, part, me);
  if (at) drawParting(context, at, part);
}

/** A path and outlines along it, from step `since` on. */
function drawTrack(context, track, dashed, since, numbered = false) {
  const from = Math.max(0, since - track.first), colour = kindColour(track.kind);
  const points = track.places.slice(from).map(([y, x]) => [(x + 0.5) * SCALE, (y + 0.5) * SCALE]);
  if (!points.length) return;
  context.setLineDash(dashed ? [10, 8] : []);
  if (points.some(([x, y]) => x !== points[0][0] || y !== points[0][1])) {
    outlined(context, colour, () => points.forEach(([x, y], i) =>
      i ? context.lineTo(x, y) : context.moveTo(x, y)));
  }
  const [width, height] = [track.width * SCALE, track.height * SCALE];
  points.forEach(([x, y], i) => {
    const step = track.first + from + i;
    if (i + 1 < points.length && step % EACH) return;
    outlined(context, colour, () => context.rect(x - width / 2, y - height / 2, width, height));
    if (numbered) label(context, `+${step}`, x + width / 2 + 4, y + 6, colour);
  });
  context.setLineDash([]);
}

/** Where the two futures first differ, [x, y] of the one thing that tells: me, if it does. */
function whereApart(ghosts, taken, other, part, me) {
  const place = (track) => track && track.places[part - track.first];
  const apart = (ghosts.tracks[other] || []).filter((track) => {
    const twin = ghosts.tracks[taken].find((t) => t.id === track.id && t.kind === track.kind);
    return place(track) && String(place(track)) !== String(place(twin));
  });
  const [y, x] = place(apart.find((track) => track.id === me) || apart[0]) || [];
  return y === undefined ? null : [(x + 0.5) * SCALE, (y + 0.5) * SCALE];
}

function drawParting(context, [x, y], step) {
  outlined(context, "#fff", () => {
    context.moveTo(x, y - 14);
    for (const [dx, dy] of [[14, 0], [0, 14], [-14, 0]]) context.lineTo(x + dx, y + dy);
    context.closePath();
  });
  label(context, `parts +${step}`, x - 120, y + 6, "#fff");
}

/** The same in words. */
function showGhosts(box, ghosts, taken, other) {
  if (ghosts.note) return box.replaceChildren(made("p", { class: "hint" }, ghosts.note));
  if (!ghosts.tracks) return box.replaceChildren();
  const part = ghosts.parts[other];
  const apart = part ? `they part in step +${part} (◇)` : "they look alike";
  box.replaceChildren(made("p", {}, `In the frame: solid ${taken}, dashed ${other}; ${apart}.`),
    ...ghosts.told.map((text) => made("p", { class: "hint" }, text)));
}
