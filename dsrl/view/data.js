"use strict";
// Answers: from the server, or from this file where they were put into it.

const embedded = document.getElementById("answers")
  ? JSON.parse(document.getElementById("answers").textContent) : null;
const kept = new Map(); // by place, the newest last
const MOST_KEPT = 400;

/** The value of a promise that is made once for each place and kept while it is used. */
function once(place, make) {
  const known = kept.get(place) || make();
  kept.delete(place);
  kept.set(place, known);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  Promise.resolve(known).catch(() => kept.delete(place));
  return known;
}

/** The bytes that zlib packed. */
async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function unpacked(place) {
  if (!(place in embedded)) throw new Error(`this file does not hold ${place}`);
  return inflated(Uint8Array.from(atob(embedded[place]), (c) => c.charCodeAt(0)));
}

async function fetched(place, options) {
  let reply;
  try {
    reply = await fetch(place, options);
  } catch {
    throw new Error("dsrl view does not answer: was it ended? Start it again");
  }
  if (!reply.ok) {
    const text = await reply.text();
    let told = text;
    try { told = JSON.parse(text).error; } catch { /* it is text */ }
    throw new Error(told);
  }
  return reply;
}

async function fresh(place) {
  if (embedded) return JSON.parse(new TextDecoder().decode(await unpacked(place)));
  return (await fetched(place)).json();
}

/** The JSON value at a place such as "api/runs". */
function answer(place) {
  return once(place, () => fresh(place));
}

/** What is said of one step; a file holds blocks of it. */
async function storyOf(game, step, block) {
  if (!embedded) return answer(`${game}/story/${step}`);
  return (await answer(`${game}/stories/${Math.floor(step / block)}`))[step % block];
}

/** A block of frames: `at(i, image)` puts the i-th one into an ImageData. */
function framesOf(game, number, pixels) {
  return once(`${game}/frames/${number}`, async () => {
    const place = `${game}/frames/${number}`;
    const bytes = embedded ? await unpacked(place)
      : await inflated(await (await fetched(place)).arrayBuffer());
    return new Frames(bytes, pixels);
  });
}

class Frames {
  constructor(bytes, pixels) {
    this.depth = bytes[0];
    const colours = this.depth === 1 ? bytes[1] + 1 : 0;
    const begin = this.depth === 1 ? 2 + 3 * colours : 1;
    this.palette = bytes.subarray(2, 2 + 3 * colours);
    this.size = pixels * this.depth;
    this.pixels = bytes.slice(begin);
    for (let i = this.size; i < this.pixels.length; i++) this.pixels[i] ^= this.pixels[i - this.size];
  }

  at(index, image) {
    const from = index * this.size, to = image.data;
    for (let i = 0, j = 0; j < to.length; i++, j += 4) {
      const at = this.depth === 1 ? 3 * this.pixels[from + i] : from + 3 * i;
      const source = this.depth === 1 ? this.palette : this.pixels;
      to[j] = source[at];
      to[j + 1] = source[at + 1];
      to[j + 2] = source[at + 2];
      to[j + 3] = 255;
    }
    return image;
  }
}

async function picture(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/png" }));
}
