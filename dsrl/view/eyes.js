"use strict";
// The latents over the frame, and what they draw when one of them is changed.

class Eyes {
  /** `told` is what "eyes" answers; pictures must be loaded first: `Eyes.of`. */
  constructor(told, background, sprites) {
    Object.assign(this, told);
    this.ground = background;
    this.pictures = sprites;
    this.changed = null; // the cell as the sliders have it
  }

  static async of(told) {
    const sprites = await Promise.all(told.sprites.map((sprite) => picture(sprite.png)));
    return new Eyes(told, await picture(told.background), sprites);
  }

  /** The sprites, each a canvas with its number. */
  dictionary() {
    return this.sprites.map((sprite, k) => {
      const canvas = made("canvas", { width: sprite.width, height: sprite.height,
        style: `width:${3 * sprite.width}px;height:${3 * sprite.height}px` });
      canvas.getContext("2d").drawImage(this.pictures[k], 0, 0);
      const size = `${k}: ${sprite.height}×${sprite.width}${sprite.layer ? ", small" : ""}`;
      return made("figure", {}, canvas, made("figcaption", {}, size));
    });
  }

  static name([layer, row, column, presence]) {
    return `row ${row}, column ${column}${layer ? ", small" : ""}: ${presence.toFixed(2)}`;
  }

  /** Cells as tints, types as numbers, offsets as dots with the sprite's outline. */
  overlay(canvas, cells, chosen, { presence, types, offsets }) {
    const context = canvas.getContext("2d"), side = this.cell * SCALE;
    context.font = "bold 15px system-ui, sans-serif";
    for (const [index, cell] of cells.entries()) {
      const [layer, row, column, there, shares, [down, along], kind] = cell;
      const [x, y] = [column * side, row * side];
      if (presence) {
        context.fillStyle = `rgba(${layer ? "230,159,0" : "86,180,233"},${0.15 + 0.65 * there})`;
        context.fillRect(x, y, side, side);
      }
      if (index === chosen) outlined(context, "#fff", () => context.rect(x, y, side, side));
      const type = shares[0][0];
      if (offsets && kind >= 0) {
        const [top, left] = this.corner(type, row, column, down, along), s = this.sprites[type];
        context.strokeStyle = "#fff";
        context.setLineDash([4, 4]);
        context.lineWidth = 1.5;
        context.strokeRect(left * SCALE, top * SCALE, s.width * SCALE, s.height * SCALE);
        context.setLineDash([]);
        const [cy, cx] = [down, along].map((o, i) =>
          (((i ? column : row) * this.halves + o) / 2 + 0.5) * SCALE);
        context.fillStyle = "#000";
        context.fillRect(cx - 4, cy - 4, 8, 8);
        context.fillStyle = "#fff";
        context.fillRect(cx - 2, cy - 2, 4, 4);
      }
      if (types && (kind >= 0 || there >= this.threshold)) {
        context.fillStyle = "rgba(0,0,0,.7)";
        context.fillRect(x, y - 15, 9 * String(type).length + 4, 16);
        context.fillStyle = "#fff";
        context.fillText(type, x + 2, y - 2);
      }
    }
  }

  /** Upper left pixel of a sprite, (y, x), as the decoder has it. */
  corner(type, row, column, down, along) {
    const { height, width } = this.sprites[type];
    return [Math.floor((row * this.halves + down - height + 1) / 2),
      Math.floor((column * this.halves + along - width + 1) / 2)];
  }

  /** The decoder's picture of the cells that were read, the changed one in its cell's place. */
  draw(canvas, cells, chosen) {
    canvas.width = this.ground.width;
    canvas.height = this.ground.height;
    const context = canvas.getContext("2d");
    context.drawImage(this.ground, 0, 0);
    for (let i = cells.length - 1; i >= 0; i--) { // the surest in front
      const changed = i === chosen && this.changed;
      const [, row, column, there, shares, [down, along], kind] = changed || cells[i];
      if (!(changed ? there > this.threshold : kind >= 0)) continue;
      const [top, left] = this.corner(shares[0][0], row, column, down, along);
      context.drawImage(this.pictures[shares[0][0]], left, top);
    }
  }
}

/** Sets the sliders to a cell, and hears of what they are moved to. */
class Sliders {
  constructor(moved) {
    this.inputs = ["presence", "type", "down", "along"].map((id) => $(`cell-${id}`));
    for (const input of this.inputs) {
      input.addEventListener("input", () => {
        this.tell();
        moved(this.inputs.map((each) => Number(each.value)));
      });
    }
  }

  set(eyes, cell) {
    const [, , , there, shares, [down, along]] = cell;
    this.inputs[1].max = Math.max(0, eyes.sprites.length - 1);
    this.inputs[2].max = this.inputs[3].max = eyes.halves - 1;
    const values = [there, shares[0][0], down, along];
    this.inputs.forEach((input, i) => { input.value = values[i]; });
    this.shares = shares;
    this.tell();
  }

  tell() {
    const [presence, type, down, along] = this.inputs.map((input) => Number(input.value));
    const read = this.shares.map(([k, share]) => `${k} ${(100 * share).toFixed(0)} %`).join(", ");
    const texts = [presence.toFixed(2), `${type} (read: ${read})`,
      `${down / 2} px`, `${along / 2} px`];
    this.inputs.forEach((input, i) => {
      input.parentElement.querySelector("output").textContent = texts[i];
    });
  }
}
